// The table as text for people: --help and docs/configs.md.
#include "config/broker_configs.h"
#include "config/flags.h"
#include "config/text.h"
#include "config/topic_configs.h"

namespace meerkat::config {
namespace {

constexpr size_t kWidth = 100;

// `text` in lines of kWidth, each behind `indent` spaces.
std::string wrap(std::string_view text, size_t indent) {
  std::string out, line(indent, ' ');
  while (!text.empty()) {
    size_t space = text.find(' ');
    std::string_view word = text.substr(0, space);
    if (line.size() + 1 + word.size() > kWidth && line.size() > indent) {
      out += line + "\n";
      line.assign(indent, ' ');
    }
    if (line.size() > indent) line += ' ';
    line += word;
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  return out + line + "\n";
}

std::string default_text(const Definition& d) {
  if (d.default_value == nullptr) return "none";
  return *d.default_value == '\0' ? "\"\"" : d.default_value;
}

std::string_view dynamic_text(Dynamic dynamic) {
  switch (dynamic) {
    case Dynamic::read_only:
      return "at start";
    case Dynamic::per_broker:
      return "per broker";
    case Dynamic::cluster_wide:
      return "cluster-wide";
  }
  return "";
}

// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_row(const Definition& d, std::string_view last) {
  std::string allowed = d.valid.describe();
  std::string initial = default_text(d);
  std::string out =
      "| `" + std::string(d.name) + "` | " + lower_case(type_name(d.type)) + " | `" + cell(initial) + "` | ";
  if (!allowed.empty()) out += "`" + cell(allowed) + "`";
  out += " | " + std::string(last) + " | " + cell(d.doc);
  if (d.effect == Effect::inert) out += " *(no effect yet)*";
  return out + " |\n";
}

}  // namespace

std::string help_text() {
  std::string out =
      "meerkat-broker: a message broker that speaks Kafka's protocol, beside ZooKeeper\n"
      "\n"
      "  meerkat-broker --zookeeper_connect=localhost:2181 --broker_id=0 --log_dirs=/var/lib/meerkat\n"
      "  meerkat-broker --properties=server.properties\n"
      "  meerkat-broker --flagfile=meerkat.flags\n"
      "\n"
      "Every config of a Kafka server.properties is a flag of its name, with _ or - for the dots. A flag wins over\n"
      "the file. Keys that only one listener has (listener.name.…) stand in the file.\n"
      "\n"
      "General\n"
      "  --properties=FILE      a server.properties file to read\n"
      "  --flagfile=FILE        a file of flags, one a line\n"
      "  --logtostderr          log to standard error; without it glog writes files (GLOG_log_dir names the folder)\n"
      "  --minloglevel=N, --v=N the least severity, or the detail, of what is logged\n"
      "  --help, --version\n";
  for (const auto& group : broker_config_groups()) {
    out += "\n" + std::string(group.title) + "\n";
    for (const auto& row : group.rows) {
      if (row.visibility != Visibility::listed && row.visibility != Visibility::plugin) continue;
      out += "  --" + flag_name(row.name) + "=" + lower_case(type_name(row.type)) + ", default " + default_text(row);
      if (std::string allowed = row.valid.describe(); !allowed.empty()) out += ", " + allowed;
      out += "\n" + wrap(std::string(row.doc) + (row.effect == Effect::inert ? " (No effect yet.)" : ""), 6);
    }
  }
  return out;
}

std::string markdown() {
  std::string out =
      "# Configs\n"
      "\n"
      "Made by `make docs` from the tables in `src/config`; do not edit. Each broker config may stand in a properties "
      "file\n"
      "(`--properties=FILE`) under its name, or on the command line or in a `--flagfile` as a flag with `_` for the "
      "dots.\n"
      "*Change* tells whether a config can be altered while brokers run, for one broker or for all at once.\n";
  for (const auto& group : broker_config_groups()) {
    out += "\n## " + std::string(group.title) + "\n\n";
    out += "| Name | Type | Default | Allowed | Change | Meaning |\n| --- | --- | --- | --- | --- | --- |\n";
    for (const auto& row : group.rows) {
      if (row.visibility != Visibility::internal) out += markdown_row(row, dynamic_text(row.dynamic));
    }
  }
  out += "\n## Topics\n\nSet for one topic; the broker config named beside it gives the default.\n\n";
  out += "| Name | Type | Default | Allowed | Broker config | Meaning |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& [definition, server_key] : topic_config_table()) {
    out += markdown_row(definition, server_key.empty() ? std::string() : "`" + std::string(server_key) + "`");
  }
  return out;
}

}  // namespace meerkat::config
