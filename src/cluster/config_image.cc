#include "cluster/config_image.h"

#include <algorithm>

namespace meerkat::cluster {

const ConfigMap& ConfigImage::of(const ConfigEntity& entity) const {
  static const ConfigMap kEmpty;
  const auto* found = entries_.find(entity_path(entity));
  return found ? **found : kEmpty;
}

bool ConfigImage::contains(const ConfigEntity& entity) const { return entries_.find(entity_path(entity)) != nullptr; }

std::vector<ConfigEntity> ConfigImage::entities(ConfigType type) const {
  std::vector<ConfigEntity> found;
  std::string prefix = std::string(name(type)) + "/";
  entries_.for_each([&](const std::string& path, const auto&) {
    if (!path.starts_with(prefix)) return;
    if (auto entity = parse_entity_path(path)) found.push_back(std::move(*entity));
  });
  std::sort(found.begin(), found.end());
  return found;
}

std::shared_ptr<const ConfigImage> ConfigImage::with(const Changes& changes) const {
  auto next = std::make_shared<ConfigImage>();
  decltype(entries_)::Editor editor(entries_);
  for (const auto& [entity, config] : changes) {
    if (config) {
      editor.set(entity_path(entity), std::make_shared<const ConfigMap>(*config));
    } else {
      editor.erase(entity_path(entity));
    }
  }
  next->entries_ = std::move(editor).finish();
  return next;
}

}  // namespace meerkat::cluster
