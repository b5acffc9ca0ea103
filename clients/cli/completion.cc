#include "clients/cli/completion.h"

#include <algorithm>
#include <set>

#include "clients/cli/environment.h"

namespace parzen::cli {
namespace {

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string Join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

void AddOptions(const CLI::App& app, CompletedCommand* command) {
  for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return o->nonpositional(); })) {
    CompletedCommand::Option known{{}, {}, !option->get_type_name().empty(), FirstLine(option->get_description())};
    if (!option->get_lnames().empty()) known.longer = "--" + option->get_lnames().front();
    if (!option->get_snames().empty()) known.shorter = "-" + option->get_snames().front();
    const bool twice = std::any_of(command->options.begin(), command->options.end(),
                                   [&known](const CompletedCommand::Option& other) { return other.longer == known.longer; });
    if (!twice) command->options.push_back(std::move(known));
  }
}

void Collect(const CLI::App& app, std::vector<std::string> path, std::vector<CompletedCommand>* commands) {
  CompletedCommand command{path, FirstLine(app.get_description()), {}, {}, false};
  AddOptions(app, &command);
  for (const CLI::App* parent = app.get_parent(); parent != nullptr; parent = parent->get_parent()) AddOptions(*parent, &command);
  std::erase_if(command.options, [&path](const auto& option) { return option.longer == "--version" && !path.empty(); });
  const auto positionals = app.get_options([](const CLI::Option* o) { return o->get_positional(); });
  command.takes_study = !positionals.empty() && positionals.front()->get_name(true) == "STUDY";
  const auto subcommands = app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
  for (const CLI::App* sub : subcommands) command.subcommands.push_back(sub->get_name());
  commands->push_back(std::move(command));
  for (const CLI::App* sub : subcommands) {
    std::vector<std::string> below = path;
    below.push_back(sub->get_name());
    Collect(*sub, std::move(below), commands);
  }
}

std::vector<std::string> OptionWords(const CompletedCommand& command) {
  std::vector<std::string> words;
  for (const CompletedCommand::Option& option : command.options) {
    if (!option.longer.empty()) words.push_back(option.longer);
    if (!option.shorter.empty()) words.push_back(option.shorter);
  }
  return words;
}

// A shell pattern of all options that take a value.
std::string ValuedPattern(const std::vector<CompletedCommand>& commands) {
  std::set<std::string> names;
  for (const CompletedCommand& command : commands) {
    for (const CompletedCommand::Option& option : command.options) {
      if (option.takes_value) names.insert({option.longer, option.shorter});
    }
  }
  names.erase("");
  std::string pattern;
  for (const std::string& name : names) pattern += (pattern.empty() ? "" : "|") + name;
  return pattern;
}

// Sets $path to the command that the words name, and $args to how many arguments it has so far: the same in bash and zsh, with
// `words` and `last` set before.
std::string FindCommand(const std::vector<CompletedCommand>& commands) {
  std::string text =
      "  local path='' args=0 i word\n"
      "  for word in \"${before[@]}\"; do\n"
      "    if [ -n \"$skip\" ]; then skip=''; continue; fi\n"
      "    case \"$word\" in\n"
      "      --) rest=1; break ;;\n";
  text += "      " + ValuedPattern(commands) + ") skip=1 ;;\n      -*) ;;\n      *)\n        case \"$path $word\" in\n          ";
  for (size_t i = 1; i < commands.size(); ++i) text += (i > 1 ? "|" : "") + SingleQuoted(" " + Join(commands[i].path));
  text +=
      ") path=\"$path $word\" ;;\n"
      "          *) args=$((args + 1)) ;;\n"
      "        esac ;;\n"
      "    esac\n"
      "  done\n";
  return text;
}

}  // namespace

std::vector<CompletedCommand> CompletedCommands(const CLI::App& app) {
  std::vector<CompletedCommand> commands;
  Collect(app, {}, &commands);
  return commands;
}

std::string BashCompletion(const std::vector<CompletedCommand>& commands) {
  std::string text =
      "# Completion of parzen for bash: source <(parzen completion bash)\n"
      "_parzen() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" skip='' rest='' words=''\n"
      "  local before=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n" +
      FindCommand(commands) +
      "  COMPREPLY=()\n"
      "  # A value, or a worker's command: file names.\n"
      "  if [ -n \"$skip$rest\" ]; then COMPREPLY=($(compgen -f -- \"$current\")); return; fi\n"
      "  case \"$path\" in\n";
  for (const CompletedCommand& command : commands) {
    const std::string path = command.path.empty() ? "" : " " + Join(command.path);
    text += "    " + SingleQuoted(path) + ")\n";
    text += "      case \"$current\" in\n        -*) words=" + SingleQuoted(Join(OptionWords(command))) + " ;;\n        *) ";
    if (!command.subcommands.empty()) {
      text += "[ $args = 0 ] && words=" + SingleQuoted(Join(command.subcommands));
    } else if (command.takes_study) {
      text += "if [ $args = 0 ]; then local IFS=$'\\n'; words=\"$(parzen completion studies 2>/dev/null)\"; fi";
    } else {
      text += ":";
    }
    text += " ;;\n      esac ;;\n";
  }
  return text +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "}\n"
         "complete -F _parzen parzen\n";
}

std::string ZshCompletion(const std::vector<CompletedCommand>& commands) {
  std::string text =
      "#compdef parzen\n"
      "# Completion of parzen for zsh: parzen completion zsh > a directory of $fpath/_parzen\n"
      "_parzen() {\n"
      "  local skip='' rest=''\n"
      "  local -a before choices\n"
      "  before=(\"${(@)words[2,CURRENT-1]}\")\n" +
      FindCommand(commands) +
      "  if [ -n \"$skip$rest\" ]; then _files; return; fi\n"
      "  case \"$path\" in\n";
  // `path` is tied to PATH in zsh.
  const auto rename = [](std::string script) {
    for (size_t at = 0; (at = script.find("path", at)) != std::string::npos; at += 7) {
      const bool whole = script.compare(at, 5, "path=") == 0 || (at > 0 && script[at - 1] == '$');
      if (whole) script.replace(at, 4, "command");
    }
    return script;
  };
  for (const CompletedCommand& command : commands) {
    const std::string path = command.path.empty() ? "" : " " + Join(command.path);
    text += "    " + SingleQuoted(path) + ")\n      if [[ \"$PREFIX\" == -* ]]; then\n        choices=(";
    for (const CompletedCommand::Option& option : command.options) {
      for (const std::string& name : {option.longer, option.shorter}) {
        if (!name.empty()) text += " " + SingleQuoted(name + ":" + option.description);
      }
    }
    text += ")\n        _describe option choices\n";
    if (!command.subcommands.empty()) {
      text += "      else\n        choices=(";
      for (const CompletedCommand& sub : commands) {
        std::vector<std::string> parent = sub.path;
        if (parent.empty()) continue;
        parent.pop_back();
        if (parent == command.path) text += " " + SingleQuoted(sub.path.back() + ":" + sub.description);
      }
      text += ")\n        _describe command choices\n";
    } else if (command.takes_study) {
      text +=
          "      elif [ $args = 0 ]; then\n        choices=(\"${(@f)$(parzen completion studies 2>/dev/null)}\")\n"
          "        compadd -a choices\n      else\n        _files\n";
    } else {
      text += "      else\n        _files\n";
    }
    text += "      fi ;;\n";
  }
  return rename(text) + "  esac\n}\ncompdef _parzen parzen 2>/dev/null || _parzen \"$@\"\n";
}

std::string FishCompletion(const std::vector<CompletedCommand>& commands) {
  std::string text =
      "# Completion of parzen for fish: parzen completion fish > ~/.config/fish/completions/parzen.fish\n"
      "complete -c parzen -f\n";
  for (const CompletedCommand& command : commands) {
    std::string condition = "__fish_use_subcommand";
    if (!command.path.empty()) {
      condition.clear();
      for (const std::string& word : command.path)
        condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    }
    if (!command.path.empty() && !command.subcommands.empty()) {
      condition += "; and not __fish_seen_subcommand_from " + Join(command.subcommands);
    }
    const std::string start = "complete -c parzen -n " + SingleQuoted(condition);
    for (const CompletedCommand& sub : commands) {
      std::vector<std::string> parent = sub.path;
      if (parent.empty()) continue;
      parent.pop_back();
      if (parent == command.path) text += start + " -a " + sub.path.back() + " -d " + SingleQuoted(sub.description) + "\n";
    }
    for (const CompletedCommand::Option& option : command.options) {
      text += start;
      if (!option.longer.empty()) text += " -l " + option.longer.substr(2);
      if (!option.shorter.empty()) text += " -s " + option.shorter.substr(1);
      text += (option.takes_value ? " -r -F" : "") + std::string(" -d ") + SingleQuoted(option.description) + "\n";
    }
    if (command.takes_study) text += start + " -a '(parzen completion studies 2>/dev/null)'\n";
  }
  return text;
}

}  // namespace parzen::cli
