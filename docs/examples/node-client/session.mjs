// One peer of a session: who it is, what it sees, what it has written. It outlives its links.
import { randomInt } from 'node:crypto'
import { decode, encode } from '@msgpack/msgpack'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { RebasingClient } from '../yjs-client/rebase.mjs'
import { proof, same, ulid } from './proof.mjs'

const [STATE_VECTOR, DIFF, UPDATE] = [0, 1, 2]
const PING = 3_000 // milliseconds
const DEAD = 10_000
const LASTING = ['replaced', 'removed'] // codes of `error` after which one must not come back

export class Session {
  // `tell(event, fields)` hears what happens.
  constructor (invite, name, tell) {
    Object.assign(this, { invite, name, tell })
    this.peerId = ulid()
    this.resume = null // the secret of a peer that returns
    this.over = false
    this.online = false // in the session, and in step with the master
    this.parts = [] // of a sync message that is not complete
    this.clock = 0 // of one's presence
    const submit = (seq, update) => this.online && this.sync(UPDATE, update, seq)
    this.replica = new RebasingClient(newClientId(), submit)
  }

  // What the user sees: the master's blocks with one's own changes on top.
  get blocks () {
    return Object.entries(this.replica.blocks.toJSON()).map(([id, { content, ...fields }]) => {
      const values = Object.entries(fields).map(([name, text]) => [name, JSON.parse(text)])
      return { id, ...Object.fromEntries(values), content }
    })
  }

  // One's own changes that the master has not answered.
  get pending () {
    return this.replica.pending.size
  }

  // Add a block: content is text that can be edited together, every other field a string of JSON.
  add ({ id = ulid(), content, ...fields }) {
    const now = new Date().toISOString()
    const all = { type: 'comment', author: this.name, timestamp: now, status: 'open', ...fields }
    const block = new Y.Map(Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)]))
    block.set('content', new Y.Text(content))
    this.replica.change(blocks => blocks.set(id, block))
    return id
  }

  // Serve one link until it is gone; returns why.
  run (channel) {
    this.channel = channel
    this.confirmed = false // whether the master has proved itself
    this.heard = Date.now()
    const secret = this.resume ?? this.invite.secret
    this.send('auth', {
      token: this.resume ? '' : this.invite.token,
      proof: proof(secret, 'client', this.invite.session, this.peerId, channel.binding),
      peerId: this.peerId,
      name: this.name,
      clientId: this.replica.clientID
    })
    const pinging = setInterval(() => this.ping(), PING)
    return new Promise(resolve => {
      channel.onmessage = data => this.receive(data)
      channel.onclose = reason => {
        clearInterval(pinging)
        this.online = false
        this.parts = []
        resolve(reason)
      }
    })
  }

  ping () {
    if (Date.now() - this.heard > DEAD) this.channel.close('the host does not answer')
    else if (this.confirmed) this.send('ping', { stamp: Date.now() })
  }

  send (type, fields) {
    this.channel.send(encode({ type, ...fields }, { ignoreUndefined: true }))
  }

  sync (step, payload, seq) {
    const data = encoding.encode(encoder => {
      encoding.writeVarUint(encoder, step)
      encoding.writeVarUint8Array(encoder, payload)
    })
    this.send('sync', { data, seq })
  }

  receive (data) {
    this.heard = Date.now()
    const message = decode(data)
    const allowed = this.confirmed || ['auth_ok', 'auth_rejected', 'error'].includes(message.type)
    if (allowed) this[`on_${message.type}`]?.(message)
    else this.channel.close('it has not shown that it is the host')
  }

  // -- one method for each type of message -----------------------------------------------------

  on_auth_ok (message) {
    const secret = this.resume ?? this.invite.secret
    const { session } = this.invite
    const expected = proof(secret, 'master', session, this.peerId, this.channel.binding)
    if (!same(expected, message.proof)) return this.channel.close('it does not know the secret')
    this.confirmed = true
    this.resume = message.resume
    this.name = message.name // the master makes names unique
    this.tell('ready', { name: message.name, role: message.role, owner: message.owner })
    this.presence({})
    this.sync(STATE_VECTOR, this.replica.stateVector())
  }

  on_auth_rejected ({ code, reason }) {
    this.over = true
    this.tell('refused', { code, reason })
  }

  on_sync ({ data, more }) {
    this.parts.push(data) // a large state comes in parts
    if (more) return
    const decoder = decoding.createDecoder(Buffer.concat(this.parts))
    this.parts = []
    const step = decoding.readVarUint(decoder)
    const payload = decoding.readVarUint8Array(decoder)
    if (step === DIFF) {
      this.online = true
      this.replica.resync(payload)
      this.tell('synced', { blocks: this.replica.blocks.size })
    } else if (step === UPDATE) {
      this.replica.relay(payload)
      this.tell('changed')
    }
  }

  on_ack ({ seq }) {
    this.replica.ack(seq)
    this.tell('acknowledged', { seq })
  }

  on_reject ({ seq, items, fixed }) {
    this.replica.reject(seq, fixed)
    this.tell('rejected', { seq, items })
  }

  on_document ({ name, text }) {
    this.tell('document', { name, text })
  }

  on_session ({ action, name }) {
    if (action === 'end') this.over = true
    this.tell(action, { name })
  }

  on_ping ({ stamp }) {
    this.send('pong', { stamp })
  }

  on_error ({ code, reason }) {
    this.tell('error', { code, reason })
    if (LASTING.includes(code)) this.over = true
    if (code === 'violation') this.startAfresh()
  }

  // -- the rest --------------------------------------------------------------------------------

  // Tell where one is: a Yjs awareness update with one's own entry.
  presence (user) {
    const data = encoding.encode(encoder => {
      encoding.writeVarUint(encoder, 1)
      encoding.writeVarUint(encoder, this.replica.clientID)
      encoding.writeVarUint(encoder, ++this.clock)
      encoding.writeVarString(encoder, JSON.stringify({ user }))
    })
    this.send('awareness', { data })
  }

  // The master lost trust in this client id: go on under another, without what it did not answer.
  startAfresh () {
    this.replica.pending.clear()
    this.replica.clientID = newClientId()
    this.replica.rebuild()
  }
}

function newClientId () {
  return randomInt(1, 2 ** 32)
}
