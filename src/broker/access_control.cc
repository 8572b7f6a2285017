#include "broker/access_control.h"

#include "broker/settings.h"

namespace meerkat::broker {

Result<std::unique_ptr<AccessControl>> AccessControl::open(const config::Config& config, zk::Session& session,
                                                           Clock& clock, event::Pool& workers) {
  const config::BrokerConfig& values = config.values();
  auto super_users = security::parse_super_users(values.super_users);
  if (!super_users) return super_users.failure();
  std::unique_ptr<AccessControl> made(new AccessControl);
  zk::Session* used = &session;
  if (auto options = acl_session_options(config); options.connect != session.options().connect) {
    auto opened = zk::Session::open(std::move(options));
    if (!opened) return opened.failure();
    made->own_session_ = std::move(*opened);
    used = made->own_session_.get();
  }
  made->store_ =
      std::make_unique<security::AclStore>(*used, clock, [&workers](Task task) { workers.post(std::move(task)); });
  if (auto started = made->store_->start(); !started) {
    return fail("cannot load the ACLs: " + started.error().message);
  }
  made->authorizer_ = std::make_unique<security::Authorizer>(
      security::AuthorizerSettings{std::move(*super_users), values.allow_everyone_if_no_acl_found}, *made->store_);
  return made;
}

}  // namespace meerkat::broker
