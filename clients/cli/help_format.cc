#include "clients/cli/help_format.h"

#include <algorithm>
#include <utility>

namespace parzen::cli {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kLeft = 28;  // of the options' descriptions

// "  left        right", the right part broken; on lines of its own where the left one is too long.
std::string TwoColumns(const std::string& left, std::string_view right) {
  std::string line = "  " + left;
  if (right.empty()) return line + "\n";
  if (line.size() + 2 > kLeft) {
    line += "\n" + std::string(kLeft, ' ');
  } else {
    line.append(kLeft - line.size(), ' ');
  }
  return line + Wrap(right, kWidth - kLeft, kLeft) + "\n";
}

}  // namespace

std::string Wrap(std::string_view text, size_t width, size_t indent) {
  std::string out;
  while (true) {
    const size_t line_end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, line_end);
    const bool verbatim = !line.empty() && line.front() == ' ';
    while (!verbatim && line.size() > width) {
      size_t cut = line.rfind(' ', width);
      if (cut == std::string_view::npos || cut == 0) cut = std::min(line.find(' '), line.size());
      out.append(line.substr(0, cut)).append("\n").append(indent, ' ');
      line.remove_prefix(std::min(cut + 1, line.size()));
    }
    out.append(line);
    if (line_end == text.size()) return out;
    out += '\n';
    text.remove_prefix(line_end + 1);
    if (!text.empty() && text.front() != '\n') out.append(indent, ' ');
  }
}

std::string HelpFormat::make_usage(const CLI::App* app, std::string name) const {
  return Wrap(CLI::Formatter::make_usage(app, std::move(name)), kWidth, 7);
}

std::string HelpFormat::make_description(const CLI::App* app) const { return Wrap(app->get_description(), kWidth) + "\n"; }

std::string HelpFormat::make_footer(const CLI::App* app) const {
  const std::string footer = app->get_footer();
  return footer.empty() ? std::string() : Wrap(footer, kWidth) + "\n";
}

std::string HelpFormat::make_subcommand(const CLI::App* sub) const {
  // The first line only: the rest is for the command's own help.
  const std::string& description = sub->get_description();
  return TwoColumns(sub->get_name(), description.substr(0, description.find('\n')));
}

std::string HelpFormat::make_option(const CLI::Option* option, bool is_positional) const {
  std::string left = make_option_name(option, is_positional);
  if (!is_positional && option->get_type_size() != 0) left += " " + option->get_type_name();
  return TwoColumns(left, option->get_description());
}

}  // namespace parzen::cli
