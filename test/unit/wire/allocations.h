// Counts what this thread allocates with new.
#pragma once

#include <cstddef>

namespace meerkat::test {

/// Bytes and calls since construction, freed or not.
class AllocationCount {
 public:
  AllocationCount();
  size_t bytes() const;
  size_t calls() const;

 private:
  size_t bytes_before_;
  size_t calls_before_;
};

}  // namespace meerkat::test
