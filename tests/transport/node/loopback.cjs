// Preloaded into y-webrtc's server, which would listen on every interface: keep it on loopback and
// print the port it got.
const { Server } = require('node:net')

const listen = Server.prototype.listen
Server.prototype.listen = function (port) {
  return listen.call(this, Number(port), '127.0.0.1', () => console.log(this.address().port))
}
