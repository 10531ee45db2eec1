// Exchanging descriptions with the host through signaling servers, sealed so that only holders of
// the invite can read or make them.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import { TLS } from './websocket.mjs'

const NONCE = 12
const TAG = 16
const REPEAT = 2_000 // milliseconds after which an unanswered offer is published again

// The host's answer to an offer, by whichever server it comes first: the host's own port is one.
export async function exchange (invite, offer, servers = []) {
  const envelope = seal(invite, 'offer', randomBytes(16).toString('base64url'), '', offer)
  const urls = [...invite.places.map(place => `wss://${place}/signal`), ...servers]
  const over = new AbortController()
  try {
    return await Promise.any(urls.map(url => ask(url, invite, envelope, over.signal)))
  } finally {
    over.abort()
  }
}

function ask (url, invite, envelope, over) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, TLS)
    const say = message => socket.send(JSON.stringify(message))
    const publish = () => say({ type: 'publish', topic: invite.session, ...envelope })
    let repeating
    over.addEventListener('abort', () => socket.terminate())
    socket.on('error', reject)
    socket.on('close', () => {
      clearInterval(repeating)
      reject(new Error(`${url} closed`))
    })
    socket.on('open', () => {
      say({ type: 'subscribe', topics: [invite.session] })
      publish()
      repeating = setInterval(publish, REPEAT)
    })
    socket.on('message', data => {
      try {
        const message = JSON.parse(data)
        // One's own messages come back, and those of others come along.
        if (message.to === envelope.from) resolve(open(invite, 'answer', message))
      } catch {} // not ours, or a forgery: a true answer may still come
    })
  })
}

function seal (invite, purpose, from, to, description) {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', key(invite, purpose), nonce)
  cipher.setAAD(context(invite, { from, to, key: invite.token }))
  const sealed = [nonce, cipher.update(description), cipher.final(), cipher.getAuthTag()]
  return { from, to, key: invite.token, data: Buffer.concat(sealed).toString('base64') }
}

function open (invite, purpose, envelope) {
  const sealed = Buffer.from(envelope.data, 'base64')
  const nonce = sealed.subarray(0, NONCE)
  const decipher = createDecipheriv('aes-256-gcm', key(invite, purpose), nonce)
  decipher.setAAD(context(invite, envelope))
  decipher.setAuthTag(sealed.subarray(-TAG))
  return decipher.update(sealed.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8')
}

function context (invite, { from, to, key }) {
  return Buffer.from(`${invite.session} ${from} ${to} ${key}`)
}

function key (invite, purpose) {
  const info = `chatter-tui signaling 1 ${purpose} ${invite.session}`
  return Buffer.from(hkdfSync('sha256', invite.secret, '', info, 32))
}
