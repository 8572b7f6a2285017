// Columns of text for the tools' output.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace meerkat::client {

/// Rows under a head, each column as wide as its widest field.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  /// As many fields as the head has.
  void row(std::vector<std::string> fields) { rows_.push_back(std::move(fields)); }

  std::string text() const {
    std::vector<size_t> widths(rows_[0].size());
    for (const auto& row : rows_) {
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const auto& row : rows_) {
      for (size_t i = 0; i < row.size(); ++i) {
        out += row[i];
        if (i + 1 < row.size()) out.append(widths[i] + 1 - row[i].size(), ' ');
      }
      out += '\n';
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace meerkat::client
