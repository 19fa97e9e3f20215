# A broker in one file of less than 4 MiB, stripped: MQTT over TCP and TLS, clients by certificate, rights by topic spaces.
# The last two are what the quick start has instead of certificates.
set(TRELLIS_PLUGINS
  authenticator-x509
  authorizer-topic-spaces
  transport-mqtt
  transport-tls
  authenticator-anonymous
  authorizer-allow-all)
set(TRELLIS_STATIC_PLUGINS ${TRELLIS_PLUGINS})
set(TRELLIS_SHARE ../minimal/share)
