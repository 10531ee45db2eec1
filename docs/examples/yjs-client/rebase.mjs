// A client's view of a session whose master may refuse changes, for Yjs in JavaScript.
//
// `confirmed` is what the master has accepted, `local` the same plus one's own changes that it has
// not answered yet; `local` is what the user sees and edits. A refused change is rolled back by
// building `local` again. The master puts tombstones of the same length in place of what it refuses,
// so that one's later changes, made before the refusal arrived, still apply.
import * as Y from 'yjs'

export class RebasingClient {
  // `send(seq, update)` transmits a change; `onRebuild()` tells that `local` is another document.
  constructor (clientID, send, onRebuild = () => {}) {
    this.clientID = clientID
    this.send = send
    this.onRebuild = onRebuild
    this.confirmed = new Y.Doc()
    this.pending = new Map() // sequence number → update
    this.seq = 0
    this.rebuild()
  }

  // The root map: block id → Y.Map, whose `content` is a Y.Text and whose other values are strings
  // of JSON.
  get blocks () {
    return this.local.getMap('blocks')
  }

  // Make a change: `write(blocks)` is one transaction.
  change (write) {
    this.local.transact(() => write(this.blocks), this)
  }

  // The master relayed a change of somebody else.
  relay (update) {
    Y.applyUpdate(this.confirmed, update)
    Y.applyUpdate(this.local, update)
  }

  // The master accepted one's change.
  ack (seq) {
    const update = this.pending.get(seq)
    if (update === undefined) return
    this.pending.delete(seq)
    Y.applyUpdate(this.confirmed, update)
  }

  // The master refused one's change, or part of it, and uses `fixed` instead.
  reject (seq, fixed) {
    this.pending.delete(seq)
    Y.applyUpdate(this.confirmed, fixed)
    this.rebuild()
  }

  // On (re)connecting: ask the master for what it has beyond this ...
  stateVector () {
    return Y.encodeStateVector(this.confirmed)
  }

  // ... take its answer, and send again what it may not have had.
  resync (update) {
    Y.applyUpdate(this.confirmed, update)
    this.rebuild()
    for (const [seq, pending] of this.pending) this.send(seq, pending)
  }

  rebuild () {
    const local = new Y.Doc()
    Y.applyUpdate(local, Y.encodeStateAsUpdate(this.confirmed))
    for (const update of this.pending.values()) Y.applyUpdate(local, update)
    // Not before: Yjs takes a new id for a document that receives changes made under its own.
    local.clientID = this.clientID
    local.on('update', (update, origin) => {
      if (origin !== this) return
      this.pending.set(++this.seq, update)
      this.send(this.seq, update)
    })
    this.local?.destroy()
    this.local = local
    this.onRebuild()
  }
}
