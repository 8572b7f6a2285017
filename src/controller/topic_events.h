// Events around topics: created, grown, or gone from ZooKeeper.
#pragma once

#include <string>
#include <vector>

#include "controller/store.h"
#include "controller/term.h"

namespace meerkat::controller {

/// The children of /brokers/topics have changed.
void on_topics_changed(Term& term);

/// The znode of a topic has changed: there may be more partitions.
void on_topic_modified(Term& term, const std::string& topic);

/// Puts topics into the context, giving an id to those from before topic ids (KIP-516).
void add_topics(Term& term, std::vector<Store::TopicNode> nodes);

}  // namespace meerkat::controller
