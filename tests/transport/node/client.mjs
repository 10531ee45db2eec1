// The stock y-webrtc client in a room of a signaling server: prints what it hears, leaves when
// its standard input ends. It makes no peer connections.
import { WebSocket } from 'ws'
import { WebrtcProvider } from 'y-webrtc'
import * as Y from 'yjs'

globalThis.WebSocket = WebSocket
const [url, room] = process.argv.slice(2)
const provider = new WebrtcProvider(room, new Y.Doc(), { signaling: [url], maxConns: 0 })
const connection = provider.signalingConns[0]
connection.on('message', message => console.log(JSON.stringify(message)))
connection.on('connect', () => connection.send({ type: 'ping' }))
process.stdin.resume().on('end', () => {
  provider.destroy()
  setTimeout(process.exit, 100)
})
