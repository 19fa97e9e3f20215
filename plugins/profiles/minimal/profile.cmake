# MQTT for clients of this machine and nothing else.
set(TRELLIS_PLUGINS
  authenticator-anonymous
  authorizer-allow-all
  transport-mqtt)
