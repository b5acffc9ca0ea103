// Help texts that fit 80 columns.

#ifndef PARZEN_CLIENTS_CLI_HELP_FORMAT_H_
#define PARZEN_CLIENTS_CLI_HELP_FORMAT_H_

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace parzen::cli {

// Breaks text into lines of at most `width` columns; lines after the first begin with `indent` blanks. Line breaks in the text
// stay, and lines that begin with a blank are left as they are.
std::string Wrap(std::string_view text, size_t width, size_t indent = 0);

class HelpFormat : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
  std::string make_subcommand(const CLI::App* sub) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_HELP_FORMAT_H_
