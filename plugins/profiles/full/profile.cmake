# Every plugin of the tree, with the quick start of the profile default.
set(TRELLIS_SHARE ../default/share)

set(TRELLIS_PLUGINS
  authenticator-anonymous
  authenticator-password
  authorizer-acl
  authorizer-allow-all
  service-metrics
  service-sys-topics
  transport-http
  transport-mqtt)
