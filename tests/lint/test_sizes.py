"""What sizes.py takes for a function and how it counts its lines."""

import sizes


def cpp(source):
    return [(function.name, function.lines) for function in sizes.cpp_functions(source)]


def test_functions_of_cpp_are_found_with_their_lengths():
    assert cpp('''
namespace a {

class B : public C {
 public:
  B() : x_{1}, y_(2) {
    Call();
  }
  int x() const { return x_; }
  void Go(std::function<void()> f = {}) override;

 private:
  int x_ = 0;
};

template <typename T>
absl::StatusOr<T> D::Make(const std::vector<int>& v,
                          int n) {
  for (int i : v) {
    if (i > n) {
      return [&] {
        return T{};
      }();
    }
  }
}

constexpr int kTable[] = {
  1,
  2,
};
}  // namespace a
''') == [("B", 3), ("x", 1), ("D::Make", 11)]


def test_braces_in_text_comments_and_macros_do_not_count():
    assert cpp('''
#define OPEN(x) \\
  if (x) {
void F() {
  // }}}
  /* } */
  Call("}}", '}', 1'000, R"({ "a": {)");
}
TEST(Name, Works) {
}
''') == [("F", 5), ("TEST", 2)]


def test_functions_of_python_are_counted_without_their_docstrings():
    found = list(sizes.python_functions('def f():\n    """One\n    two.\n    """\n    return 1\n\n\nasync def g():\n    def h():\n        pass\n'))
    assert [(function.name, function.lines) for function in found] == [("f", 2), ("g", 3), ("h", 2)]


def test_what_is_too_long_is_named():
    body = "  Call();\n" * 59
    assert list(sizes.check_text("a.cc", "void F() {\n" + body[:-10] + "}\n")) == []
    assert list(sizes.check_text("a.cc", "\nvoid F() {\n" + body + "}\n")) == ["a.cc:2: F has 61 lines, more than 60"]
    assert list(sizes.check_text("a.py", "\n" * 401)) == ["a.py:1: the file has 401 lines, more than 400"]
