#include "config/flags.h"

#include <gflags/gflags.h>

#include <algorithm>
#include <list>

#include "config/broker_configs.h"
#include "config/properties.h"

namespace meerkat::config {
namespace {

// gflags keeps pointers into these for the life of the process.
struct TextFlag {
  std::string name, help, current, initial;
};
struct BoolFlag {
  std::string name, help;
  bool current = false, initial = false;
};
std::list<TextFlag>& text_flags() {
  static auto* flags = new std::list<TextFlag>;
  return *flags;
}
std::list<BoolFlag>& bool_flags() {
  static auto* flags = new std::list<BoolFlag>;
  return *flags;
}

void register_text(std::string name, std::string_view help, const char* initial) {
  std::string text = initial == nullptr ? "" : initial;
  auto& flag = text_flags().emplace_back(TextFlag{std::move(name), std::string(help), text, text});
  gflags::FlagRegisterer(flag.name.c_str(), flag.help.c_str(), "broker", &flag.current, &flag.initial);
}

void register_bool(std::string name, std::string_view help, const char* initial) {
  bool value = initial != nullptr && std::string_view(initial) == "true";
  auto& flag = bool_flags().emplace_back(BoolFlag{std::move(name), std::string(help), value, value});
  gflags::FlagRegisterer(flag.name.c_str(), flag.help.c_str(), "broker", &flag.current, &flag.initial);
}

gflags::CommandLineFlagInfo info(const std::string& name) {
  gflags::CommandLineFlagInfo out;
  gflags::GetCommandLineFlagInfo(name.c_str(), &out);
  return out;
}

bool is_set_true(const char* name) {
  auto flag = info(name);
  return flag.current_value == "true";
}

template <class Visit>
void for_each_flag(Visit visit) {
  for (const auto& group : broker_config_groups()) {
    for (const auto& row : group.rows) {
      if (row.visibility != Visibility::dynamic_only) visit(row);
    }
  }
}

}  // namespace

std::string flag_name(std::string_view key) {
  std::string out(key);
  std::replace(out.begin(), out.end(), '.', '_');
  return out;
}

void register_flags() {
  if (!text_flags().empty()) return;
  register_text("properties", "A Kafka server.properties file to read; flags win over it.", "");
  for_each_flag([](const Definition& row) {
    std::string name = flag_name(row.name);
    gflags::CommandLineFlagInfo there;
    if (gflags::GetCommandLineFlagInfo(name.c_str(), &there)) return;  // glog's log_dir
    if (row.type == Type::boolean) {
      register_bool(std::move(name), row.doc, row.default_value);
    } else {
      register_text(std::move(name), row.doc, row.default_value);
    }
  });
}

Result<CommandLine> parse_command_line(int* argc, char*** argv) {
  gflags::ParseCommandLineNonHelpFlags(argc, argv, true);
  CommandLine out;
  out.help = is_set_true("help") || is_set_true("helpfull") || is_set_true("helpshort");
  out.version = is_set_true("version");
  if (out.help || out.version) return out;
  if (*argc > 1) return fail("unexpected argument " + std::string((*argv)[1]) + "; configs are flags: --name=value");
  if (std::string path = info("properties").current_value; !path.empty()) {
    auto entries = read_properties(path);
    if (!entries) return entries.failure();
    out.entries = std::move(*entries);
  }
  for_each_flag([&](const Definition& row) {
    auto flag = info(flag_name(row.name));
    if (!flag.is_default) out.entries[std::string(row.name)] = flag.current_value;
  });
  // The data directory is no place for glog's files.
  if (!info("log_dir").is_default) gflags::SetCommandLineOption("log_dir", "");
  return out;
}

}  // namespace meerkat::config
