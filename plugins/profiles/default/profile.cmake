# Everything a broker on TCP, TLS and WebSocket needs.
set(TRELLIS_PLUGINS
  authenticator-anonymous
  authenticator-password
  authorizer-acl
  authorizer-allow-all
  service-custom-domains
  service-metrics
  service-sys-topics
  transport-http
  transport-http-proxy
  transport-mqtt
  transport-proxy-protocol
  transport-tls
  transport-websocket)
