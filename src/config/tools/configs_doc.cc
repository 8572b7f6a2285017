// Prints docs/configs.md (`make docs`).
#include <cstdio>

#include "config/flags.h"

int main() {
  std::fputs(meerkat::config::markdown().c_str(), stdout);
  return 0;
}
