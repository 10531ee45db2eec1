// A channel over a WebSocket: one message is one binary frame.
import { createHash } from 'node:crypto'
import { WebSocket } from 'ws'

// No authority vouches for the host's certificate: authentication does, by way of the binding.
export const TLS = { rejectUnauthorized: false, minVersion: 'TLSv1.3', perMessageDeflate: false }

// Every way of opening a channel returns an object with `binding`, `send` and `close`; whoever gets
// it sets `onmessage` and `onclose` at once. The master never speaks first, so nothing is missed.
export function openWebSocket (invite) {
  return Promise.any(invite.places.map(place => open(`wss://${place}/session/${invite.session}`)))
}

function open (url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { ...TLS, handshakeTimeout: 10_000 })
    const channel = {
      onmessage: () => {},
      onclose: () => {},
      send: message => socket.send(message),
      close: reason => socket.close(1000, reason)
    }
    socket.on('upgrade', ({ socket: tls }) => {
      channel.binding = createHash('sha256').update(tls.getPeerCertificate().raw).digest()
    })
    socket.on('open', () => resolve(channel))
    socket.on('error', reject)
    socket.on('message', data => channel.onmessage(data))
    socket.on('close', (_, reason) => channel.onclose(reason.toString() || 'the connection was lost'))
  })
}
