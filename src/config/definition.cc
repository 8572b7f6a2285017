#include "config/definition.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "config/text.h"

namespace meerkat::config {
namespace {

std::string number_text(double v) {
  if (v == std::floor(v) && std::fabs(v) < 1e18) return std::to_string(static_cast<int64_t>(v));
  return double_text(v);
}

std::string join_allowed(std::span<const std::string_view> allowed) {
  std::string out;
  for (auto a : allowed) {
    if (!out.empty()) out += ", ";
    out += a;
  }
  return out;
}

Fail<Error> invalid(const Definition& d, std::string_view value, std::string_view why) {
  std::string shown = d.sensitive() ? "[hidden]" : std::string(value);
  return fail("Invalid value " + shown + " for configuration " + std::string(d.name) + ": " + std::string(why), EINVAL);
}

// Java's decimal integers: an optional sign, digits, nothing else.
template <class T>
std::optional<T> parse_integer(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status check_range(const Definition& d, std::string_view canonical, double v) {
  if (d.valid.kind != Validator::Kind::range) return {};
  if (v < d.valid.min) return invalid(d, canonical, "Value must be at least " + number_text(d.valid.min));
  if (v > d.valid.max) return invalid(d, canonical, "Value must be no more than " + number_text(d.valid.max));
  return {};
}

Status check_one_of(const Definition& d, std::string_view whole, std::string_view element) {
  if (d.valid.kind != Validator::Kind::one_of) return {};
  if (std::find(d.valid.allowed.begin(), d.valid.allowed.end(), element) != d.valid.allowed.end()) return {};
  return invalid(d, whole, "String must be one of: " + join_allowed(d.valid.allowed));
}

template <class T>
Result<std::string> check_integer(const Definition& d, std::string_view text) {
  auto v = parse_integer<T>(trim(text));
  if (!v) return invalid(d, text, "Not a number of type " + std::string(type_name(d.type)));
  std::string canonical = std::to_string(*v);
  if (auto ok = check_range(d, canonical, static_cast<double>(*v)); !ok) return ok.failure();
  return canonical;
}

Result<std::string> check_type(const Definition& d, std::string_view text) {
  std::string_view trimmed = trim(text);
  switch (d.type) {
    case Type::boolean: {
      std::string lower = lower_case(trimmed);
      if (lower == "true" || lower == "false") return lower;
      return invalid(d, text, "Expected value to be either true or false");
    }
    case Type::int16:
      return check_integer<int16_t>(d, text);
    case Type::int32:
      return check_integer<int32_t>(d, text);
    case Type::int64:
      return check_integer<int64_t>(d, text);
    case Type::float64: {
      auto v = parse_double(trimmed);
      if (!v) return invalid(d, text, "Not a number of type DOUBLE");
      std::string canonical = double_text(*v);
      if (auto ok = check_range(d, canonical, *v); !ok) return ok.failure();
      return canonical;
    }
    case Type::list: {
      std::vector<std::string> elements = split_list(trimmed);
      for (const auto& e : elements) {
        if (auto ok = check_one_of(d, e, e); !ok) return ok.failure();
      }
      return join_list(elements);
    }
    case Type::string:
      if (auto ok = check_one_of(d, trimmed, trimmed); !ok) return ok.failure();
      return std::string(trimmed);
    case Type::klass:
    case Type::password:
      return std::string(trimmed);
  }
  return invalid(d, text, "unknown type");
}

}  // namespace

std::string Validator::describe() const {
  switch (kind) {
    case Kind::any:
      return {};
    case Kind::range: {
      std::string out = "[" + number_text(min) + ",...";
      if (max != std::numeric_limits<double>::max()) out += "," + number_text(max);
      return out + "]";
    }
    case Kind::one_of:
      return "[" + join_allowed(allowed) + "]";
    case Kind::custom:
      return std::string(text);
  }
  return {};
}

Result<std::string> check_value(const Definition& d, std::string_view text) {
  auto canonical = check_type(d, text);
  if (!canonical) return canonical;
  if (d.valid.kind == Validator::Kind::custom) {
    if (auto ok = d.valid.check(*canonical); !ok) return invalid(d, *canonical, ok.error().message);
  }
  return canonical;
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::boolean:
      return "BOOLEAN";
    case Type::string:
      return "STRING";
    case Type::int32:
      return "INT";
    case Type::int16:
      return "SHORT";
    case Type::int64:
      return "LONG";
    case Type::float64:
      return "DOUBLE";
    case Type::list:
      return "LIST";
    case Type::klass:
      return "CLASS";
    case Type::password:
      return "PASSWORD";
  }
  return "";
}

}  // namespace meerkat::config
