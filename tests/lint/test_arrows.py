"""The arrows between the folders hold, and the check that says so sees one that goes the other way."""

import pytest

import arrows


def test_the_tree_keeps_to_the_arrows():
    assert [str(fault) for fault in arrows.check(arrows.pathlib.Path(__file__).parents[2])] == []


WRONG_WAYS = [
    ("server/rpc/threads.cc", "server/optimizer/handlers.h"),
    ("server/http/server.cc", "server/page/page.h"),
    ("server/rpc/call.cc", "parzen/v1/parzen.pb.h"),
    ("server/engine/ask.cc", "server/rpc/status.h"),
    ("server/engine/ask.cc", "server/http/server.h"),
    ("server/engine/ask.cc", "parzen/v1/parzen.pb.h"),
    ("server/engine/ask.cc", "server/optimizer/codec.h"),
    ("server/engine/study/trial.h", "server/metrics/metrics.h"),
    ("server/optimizer/handlers.h", "server/engine/study_engine.h"),
    ("server/optimizer/handlers.h", "server/engine/study/study.h"),
    ("server/optimizer/codec.cc", "sampler/tpe/kernel_mixture.h"),
    ("server/optimizer/codec.cc", "storage/storage.h"),
    ("server/optimizer/handlers.cc", "server/metrics/metrics.h"),
    ("server/optuna/service.cc", "server/optimizer/codec.h"),
    ("storage/sqlite/writer.cc", "sampler/history.h"),
    ("storage/records.h", "server/error/error.h"),
    ("storage/encoding/json.h", "server/engine/types.h"),
    ("sampler/history.h", "storage/records.h"),
    ("sampler/tpe/split.cc", "server/error/error.h"),
    ("sampler/space/space.h", "sampler/sampler.h"),
    ("sampler/space/space.h", "sampler/history.h"),
    ("sampler/space/space.h", "sampler/tpe/split.h"),
    ("base/mutex.h", "server/error/error.h"),
    ("server/error/error.h", "server/engine/types.h"),
    ("clients/cli/context.h", "server/error/error.h"),
    ("clients/cpp/client.cc", "storage/storage.h"),
]


@pytest.mark.parametrize("path, header", WRONG_WAYS)
def test_an_arrow_the_other_way_is_found(path, header):
    faults = arrows.check_file(path, f'// A comment.\n#include "{header}"\n')
    assert [fault.line for fault in faults] == [2]
    assert header in str(faults[0])


@pytest.mark.parametrize("path, header", [
    ("server/optimizer/handlers.cc", "server/rpc/call.h"),
    ("server/optimizer/handlers.cc", "server/engine/service.h"),
    ("server/optimizer/codec.cc", "sampler/space/space.h"),
    ("server/placement/owner.h", "server/engine/service.h"),
    ("server/engine/ask.cc", "storage/storage.h"),
    ("server/engine/ask.cc", "sampler/sampler.h"),
    ("server/main/main.cc", "server/optuna/service.h"),
    ("server/main/main.cc", "storage/sqlite/sqlite_storage.h"),
    ("sampler/gp/sampler.cc", "sampler/space/space.h"),
    ("storage/sqlite/writer.cc", "storage/encoding/columns.h"),
    ("storage/sqlite/writer.cc", "base/mutex.h"),
    ("clients/cli/commands/database.cc", "storage/sqlite/check_file.h"),
    ("tests/server/engine/ask_test.cc", "server/rpc/call.h"),
])
def test_an_arrow_the_right_way_is_not(path, header):
    assert arrows.check_file(path, f'#include "{header}"\n') == []


@pytest.mark.parametrize("path, header", [
    ("sampler/tpe/split.cc", "chrono"),
    ("sampler/history.cc", "sqlite3.h"),
    ("storage/storage.h", "grpcpp/grpcpp.h"),
    ("server/engine/ask.cc", "google/protobuf/message.h"),
    ("server/optimizer/codec.cc", "sqlite3.h"),
])
def test_a_library_that_a_layer_is_free_of_is_found(path, header):
    assert len(arrows.check_file(path, f"#include <{header}>\n")) == 1


def test_an_undeclared_folder_is_found():
    assert len(arrows.check_file("server/attic/old.cc", "")) == 1
    assert len(arrows.check_file("server/main/main.cc", '#include "server/attic/old.h"\n', {"server"})) == 1


def test_the_script_fails_and_names_the_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "server/rpc").mkdir(parents=True)
    (tmp_path / "server/rpc/server.cc").write_text('#include <string>\n\n#include "server/metrics/metrics.h"\n')
    monkeypatch.setattr("sys.argv", ["arrows.py", str(tmp_path)])
    assert arrows.main() == 1
    assert capsys.readouterr().out.startswith("server/rpc/server.cc:3: rpc -> metrics is against the arrows")
