#include "client/command_line.h"

#include <gflags/gflags.h>
#include <glog/logging.h>

#include <algorithm>
#include <cstring>
#include <iostream>

namespace meerkat::client {

std::map<std::string, std::vector<std::string>> take_repeated_flags(int* argc, char** argv,
                                                                    const std::vector<std::string>& names) {
  std::map<std::string, std::vector<std::string>> taken;
  int kept = 1;
  for (int i = 1; i < *argc; ++i) {
    std::string word = argv[i];
    std::optional<std::string> value;
    if (const size_t equals = word.find('='); equals != std::string::npos && word.starts_with("--")) {
      value = word.substr(equals + 1);
      word.resize(equals);
    }
    std::string name = word.starts_with("--") ? word.substr(2) : "";
    std::replace(name.begin(), name.end(), '_', '-');
    if (name.empty() || std::find(names.begin(), names.end(), name) == names.end()) {
      argv[kept++] = argv[i];
    } else if (value) {
      taken[name].push_back(*value);
    } else if (i + 1 < *argc) {
      taken[name].push_back(argv[++i]);
    }
  }
  *argc = kept;
  argv[kept] = nullptr;
  return taken;
}

namespace {

void print_flags(const std::string& usage) {
  std::cout << usage << "\n\nFlags:\n";
  std::vector<gflags::CommandLineFlagInfo> flags;
  gflags::GetAllFlags(&flags);
  for (const auto& flag : flags) {
    // Only the program's own: the libraries' files lie elsewhere.
    if (flag.filename.find("client/tools/") == std::string::npos &&
        flag.filename.find("test/bench/") == std::string::npos) {
      continue;
    }
    std::string name = flag.name;
    std::replace(name.begin(), name.end(), '_', '-');
    std::cout << "  --" << name << "  " << flag.description;
    if (flag.type != "bool" && !flag.default_value.empty()) std::cout << " (default: " << flag.default_value << ")";
    std::cout << "\n";
  }
}

}  // namespace

void parse_tool_flags(int* argc, char*** argv, const std::string& usage) {
  for (int i = 1; i < *argc; ++i) {
    if (std::strcmp((*argv)[i], "--help") != 0) continue;
    print_flags(usage);
    std::exit(0);
  }
  FLAGS_logtostderr = true;
  FLAGS_minloglevel = google::WARNING;
  gflags::ParseCommandLineFlags(argc, argv, true);
  google::InitGoogleLogging((*argv)[0]);
  if (*argc > 1) std::exit(complain(std::string("'") + (*argv)[1] + "' is no flag; --help lists them"));
}

std::vector<std::string> take_word_list(int* argc, char** argv, const std::string& name) {
  std::vector<std::string> words;
  int kept = 1;
  bool taking = false;
  for (int i = 1; i < *argc; ++i) {
    const std::string_view word = argv[i];
    const bool flag = word.starts_with("--");
    if (flag) taking = word == "--" + name;
    if (taking) {
      if (!flag) words.emplace_back(word);
    } else {
      argv[kept++] = argv[i];
    }
  }
  *argc = kept;
  argv[kept] = nullptr;
  return words;
}

Result<std::map<std::string, std::string>> parse_pairs(const std::vector<std::string>& words) {
  std::map<std::string, std::string> pairs;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return fail("'" + word + "' is no key=value");
    pairs[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return pairs;
}

int complain(const std::string& why) {
  std::cerr << gflags::ProgramInvocationShortName() << ": " << why << std::endl;
  return 1;
}

Result<Connected> connect(const std::string& servers, const std::string& client_id) {
  if (servers.empty()) return fail("--bootstrap-server is missing: give host:port of a broker");
  auto parsed = parse_servers(servers);
  if (!parsed) return parsed.failure();
  Connected connected;
  NetworkOptions options;
  options.client_id = client_id;
  connected.network = std::make_unique<Network>(options);
  connected.cluster = std::make_unique<Cluster>(*connected.network, std::move(*parsed));
  return connected;
}

}  // namespace meerkat::client
