"""locks.py sees which files have to do with locks, and clang sees a member that is touched without its lock."""

import shutil

import pytest

import locks

GUARDED = """
#include "base/mutex.h"
class Table {
 public:
  int Size() { BODY }

 private:
  parzen::Mutex mutex_;
  int size_ GUARDED_BY(mutex_) = 0;
};
"""


def finding(folder, body):
    source = folder / "table.cc"
    source.write_text(GUARDED.replace("BODY", body))
    return locks.check({"directory": str(folder), "command": f"clang++-19 -std=c++20 -I{locks.ROOT} -o table.o -c {source}"})


@pytest.mark.skipif(not shutil.which("clang++-19"), reason="clang-19 comes with ./dev lint")
def test_a_guarded_member_without_its_lock_is_found(tmp_path):
    assert finding(tmp_path, "const parzen::MutexLock lock(&mutex_); return size_;") == ""
    assert "requires holding mutex 'mutex_'" in finding(tmp_path, "return size_;")


def test_a_lock_that_clang_cannot_check_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage/a.h").write_text("// std::mutex is none of ours\n\nstd::mutex mutex_;\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/a.cc").write_text("std::mutex mutex;\n")
    assert [fault.split(" ")[0] for fault in locks.unchecked_locks(["storage/a.h", "tests/a.cc"])] == ["storage/a.h:3:"]


def test_what_sees_a_lock_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    for name, text in {"base/mutex.h": "", "server/a.h": '#include "base/mutex.h"\n', "server/b.cc": '#include "server/a.h"\n',
                       "server/c.cc": "#include <mutex>\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert locks.sees_locks(tmp_path / "server/b.cc", {})
    assert not locks.sees_locks(tmp_path / "server/c.cc", {})
