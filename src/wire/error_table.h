// The protocol's error codes, as Kafka 3.9 numbers them, with sentences of our own.
#pragma once

// clang-format off
/// X(name, code, retriable, default message). `name` is Kafka's in lower case; retriable: a client may simply try again.
#define MEERKAT_ERROR_CODES(X) \
  X(unknown_server_error, -1, false, "The broker met an error of its own that no other code describes; its log says more.") \
  X(none, 0, false, "") \
  X(offset_out_of_range, 1, false, "The offset lies outside the range that this replica keeps.") \
  X(corrupt_message, 2, true, "A record failed its checksum, has a wrong size, lacks the key that a compacted topic needs, or is damaged.") \
  X(unknown_topic_or_partition, 3, true, "This broker does not host that partition.") \
  X(invalid_fetch_size, 4, false, "The fetch size is not valid.") \
  X(leader_not_available, 5, true, "The partition has no leader at the moment; an election is under way.") \
  X(not_leader_or_follower, 6, true, "This broker is not the leader of the partition, or no replica of it where any replica would do.") \
  X(request_timed_out, 7, true, "The time that the request allowed ran out.") \
  X(broker_not_available, 8, false, "The broker is not available.") \
  X(replica_not_available, 9, true, "No replica of the partition is available here.") \
  X(message_too_large, 10, false, "A message exceeds the largest size that the topic takes.") \
  X(stale_controller_epoch, 11, false, "The request comes from an older controller than the one in office.") \
  X(offset_metadata_too_large, 12, false, "The metadata string beside the committed offset is too long.") \
  X(network_exception, 13, true, "The connection broke before the response came.") \
  X(coordinator_load_in_progress, 14, true, "The coordinator is still loading its partition; try again.") \
  X(coordinator_not_available, 15, true, "There is no coordinator at the moment.") \
  X(not_coordinator, 16, true, "This broker does not coordinate that group or transactional id.") \
  X(invalid_topic_exception, 17, false, "The topic name is not valid, or the operation is not allowed on that topic.") \
  X(record_list_too_large, 18, false, "A record batch is larger than a log segment may be.") \
  X(not_enough_replicas, 19, true, "Fewer replicas are in sync than min.insync.replicas asks for; nothing was written.") \
  X(not_enough_replicas_after_append, 20, true, "The records were written, but fewer replicas are in sync than min.insync.replicas asks for.") \
  X(invalid_required_acks, 21, false, "acks is none of -1, 0 and 1.") \
  X(illegal_generation, 22, false, "The generation id is not the group's current one.") \
  X(inconsistent_group_protocol, 23, false, "The member's protocol type or protocols do not fit those of the group.") \
  X(invalid_group_id, 24, false, "The group id is not valid.") \
  X(unknown_member_id, 25, false, "The group has no such member.") \
  X(invalid_session_timeout, 26, false, "The session timeout is outside group.min.session.timeout.ms and group.max.session.timeout.ms.") \
  X(rebalance_in_progress, 27, false, "The group is rebalancing; the member must join again.") \
  X(invalid_commit_offset_size, 28, false, "The offset commit is too large for the offsets topic.") \
  X(topic_authorization_failed, 29, false, "Not authorized to do that with the topic.") \
  X(group_authorization_failed, 30, false, "Not authorized to do that with the group.") \
  X(cluster_authorization_failed, 31, false, "Not authorized to do that with the cluster.") \
  X(invalid_timestamp, 32, false, "The timestamp of a record lies outside the allowed range.") \
  X(unsupported_sasl_mechanism, 33, false, "The broker does not offer that SASL mechanism.") \
  X(illegal_sasl_state, 34, false, "The request does not fit the state of the SASL exchange.") \
  X(unsupported_version, 35, false, "The broker does not support that version of the request.") \
  X(topic_already_exists, 36, false, "A topic of that name exists already.") \
  X(invalid_partitions, 37, false, "The number of partitions is not valid.") \
  X(invalid_replication_factor, 38, false, "The replication factor is below 1 or above the number of live brokers.") \
  X(invalid_replica_assignment, 39, false, "The replica assignment is not valid.") \
  X(invalid_config, 40, false, "A configuration value is not valid.") \
  X(not_controller, 41, true, "This broker is not the controller.") \
  X(invalid_request, 42, false, "The request contradicts itself or lacks something it needs.") \
  X(unsupported_for_message_format, 43, false, "The message format of the topic cannot do that.") \
  X(policy_violation, 44, false, "The request breaks a policy of the cluster or a rule of the topic's configuration.") \
  X(out_of_order_sequence_number, 45, false, "The producer's sequence number does not follow the last one that the broker has.") \
  X(duplicate_sequence_number, 46, false, "The producer's sequence number was written before.") \
  X(invalid_producer_epoch, 47, false, "The producer's epoch is older than the one the broker knows.") \
  X(invalid_txn_state, 48, false, "The transaction is in no state that allows the operation.") \
  X(invalid_producer_id_mapping, 49, false, "The producer id does not belong to that transactional id.") \
  X(invalid_transaction_timeout, 50, false, "The transaction timeout is above transaction.max.timeout.ms.") \
  X(concurrent_transactions, 51, true, "Another step of the same transactional id is still under way.") \
  X(transaction_coordinator_fenced, 52, false, "The transaction marker comes from a coordinator that has been replaced.") \
  X(transactional_id_authorization_failed, 53, false, "Not authorized to use the transactional id.") \
  X(security_disabled, 54, false, "The broker runs without an authorizer.") \
  X(operation_not_attempted, 55, false, "The broker did not try this part because another part of the request failed.") \
  X(kafka_storage_error, 56, true, "The disk or file that holds the partition's log cannot be used.") \
  X(log_dir_not_found, 57, false, "The broker has no such log directory.") \
  X(sasl_authentication_failed, 58, false, "SASL authentication failed.") \
  X(unknown_producer_id, 59, false, "The broker has no state of that producer id; its records may have been deleted.") \
  X(reassignment_in_progress, 60, false, "The partition is being reassigned.") \
  X(delegation_token_auth_disabled, 61, false, "Delegation tokens are not enabled on this cluster.") \
  X(delegation_token_not_found, 62, false, "There is no such delegation token.") \
  X(delegation_token_owner_mismatch, 63, false, "The principal is neither owner nor renewer of the delegation token.") \
  X(delegation_token_request_not_allowed, 64, false, "Delegation tokens cannot be managed over this kind of connection.") \
  X(delegation_token_authorization_failed, 65, false, "Not authorized to use the delegation token.") \
  X(delegation_token_expired, 66, false, "The delegation token has expired.") \
  X(invalid_principal_type, 67, false, "The principal type is not supported.") \
  X(non_empty_group, 68, false, "The group still has members.") \
  X(group_id_not_found, 69, false, "There is no such group.") \
  X(fetch_session_id_not_found, 70, true, "The broker has no such fetch session.") \
  X(invalid_fetch_session_epoch, 71, true, "The fetch session epoch is not the expected one.") \
  X(listener_not_found, 72, true, "The leader has no listener of the name that the request came in through.") \
  X(topic_deletion_disabled, 73, false, "delete.topic.enable is off.") \
  X(fenced_leader_epoch, 74, true, "The leader epoch in the request is older than the replica's.") \
  X(unknown_leader_epoch, 75, true, "The leader epoch in the request is newer than the replica's.") \
  X(unsupported_compression_type, 76, false, "The client's version of the request cannot carry the compression of the partition.") \
  X(stale_broker_epoch, 77, false, "The broker epoch is not that of the broker's present registration.") \
  X(offset_not_available, 78, true, "The new leader does not know the high watermark yet.") \
  X(member_id_required, 79, false, "The member must join again with the member id it was given.") \
  X(preferred_leader_not_available, 80, true, "The preferred leader is not available.") \
  X(group_max_size_reached, 81, false, "The group has as many members as group.max.size allows.") \
  X(fenced_instance_id, 82, false, "Another member has taken over that group.instance.id.") \
  X(eligible_leaders_not_available, 83, true, "No replica that may lead is available.") \
  X(election_not_needed, 84, true, "The partition has the leader already that the election would give.") \
  X(no_reassignment_in_progress, 85, false, "The partition is not being reassigned.") \
  X(group_subscribed_to_topic, 86, false, "The group still consumes the topic whose offsets were to be deleted.") \
  X(invalid_record, 87, false, "The broker's checks refused a record.") \
  X(unstable_offset_commit, 88, true, "An open transaction still holds offsets of the group.") \
  X(throttling_quota_exceeded, 89, true, "The quota for changes of topics and partitions is used up; try later.") \
  X(producer_fenced, 90, false, "A newer producer with the same transactional id has taken over.") \
  X(resource_not_found, 91, false, "The request names something that does not exist.") \
  X(duplicate_resource, 92, false, "The request names the same thing twice.") \
  X(unacceptable_credential, 93, false, "The credential does not meet the broker's demands.") \
  X(inconsistent_voter_set, 94, false, "Sender or receiver is not among the expected voters.") \
  X(invalid_update_version, 95, false, "The update starts from a version that is not the current one.") \
  X(feature_update_failed, 96, false, "The finalized features could not be updated.") \
  X(principal_deserialization_failure, 97, false, "The principal in a forwarded request could not be read.") \
  X(snapshot_not_found, 98, false, "There is no such snapshot.") \
  X(position_out_of_range, 99, false, "The position lies outside the snapshot.") \
  X(unknown_topic_id, 100, true, "This broker does not know the topic id.") \
  X(duplicate_broker_registration, 101, false, "Another broker is registered under that id.") \
  X(broker_id_not_registered, 102, false, "No broker is registered under that id.") \
  X(inconsistent_topic_id, 103, true, "The topic id in the request is not that of the log.") \
  X(inconsistent_cluster_id, 104, false, "The cluster id in the request is not that of this cluster.") \
  X(transactional_id_not_found, 105, false, "There is no such transactional id.") \
  X(fetch_session_topic_id_error, 106, true, "Topic ids within the fetch session contradict each other.") \
  X(ineligible_replica, 107, false, "The proposed ISR holds a replica that may not be in it.") \
  X(new_leader_elected, 108, false, "The partition change was made, and with it the leader changed.") \
  X(offset_moved_to_tiered_storage, 109, false, "The offset has moved to tiered storage.") \
  X(fenced_member_epoch, 110, false, "The member epoch is fenced; the member must give up its partitions and join again.") \
  X(unreleased_instance_id, 111, false, "Another member still holds that instance id.") \
  X(unsupported_assignor, 112, false, "The group does not support that assignor or its version.") \
  X(stale_member_epoch, 113, false, "The member epoch is out of date.") \
  X(mismatched_endpoint_type, 114, false, "The request went to an endpoint of the wrong type.") \
  X(unsupported_endpoint_type, 115, false, "That endpoint type is not supported.") \
  X(unknown_controller_id, 116, false, "There is no controller of that id.") \
  X(unknown_subscription_id, 117, false, "The telemetry subscription id is not valid any more.") \
  X(telemetry_too_large, 118, false, "The telemetry is larger than the broker accepts.") \
  X(invalid_registration, 119, false, "The controller refuses the broker's registration.") \
  X(transaction_abortable, 120, false, "The transaction failed; abort it, then go on with the same transactional id.") \
  X(invalid_record_state, 121, false, "The state of the record does not allow the acknowledgement.") \
  X(share_session_not_found, 122, true, "The broker has no such share session.") \
  X(invalid_share_session_epoch, 123, true, "The share session epoch is not the expected one.") \
  X(fenced_state_epoch, 124, false, "The state epoch of the share group is not the expected one.") \
  X(invalid_voter_key, 125, false, "The voter key is not that of the receiving replica.") \
  X(duplicate_voter, 126, false, "The voter is in the voter set already.") \
  X(voter_not_found, 127, false, "The voter is not in the voter set.")
// clang-format on
