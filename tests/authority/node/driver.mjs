// Yjs clients and passive replicas, driven line by line: one JSON request in, one answer out.
import * as readline from 'node:readline'
import * as Y from 'yjs'
import { RebasingClient } from './rebase.mjs'

const clients = new Map()
const replicas = new Map()
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const text = (update) => Buffer.from(update).toString('base64')

function block (fields, content) {
  const map = new Y.Map()
  for (const [name, value] of Object.entries(fields)) map.set(name, value)
  map.set('content', new Y.Text(content))
  return map
}

const requests = {
  replica: ({ name, update }) => {
    if (!replicas.has(name)) replicas.set(name, new Y.Doc())
    Y.applyUpdate(replicas.get(name), bytes(update))
    return { blocks: replicas.get(name).getMap('blocks').toJSON() }
  },
  client: ({ name, id }) => {
    const sent = []
    clients.set(name, { sent, client: new RebasingClient(id, (seq, update) => sent.push([seq, text(update)])) })
  },
  // Several writes in one transaction, or each in its own.
  write: ({ name, writes }) => {
    clients.get(name).client.change((blocks) => {
      for (const write of writes) {
        if (write.add) blocks.set(write.add, block(write.fields, write.content))
        if (write.set && blocks.has(write.set)) blocks.get(write.set).set(write.field, write.value)
        if (write.unset && blocks.has(write.unset)) blocks.get(write.unset).delete(write.field)
        if (write.remove && blocks.has(write.remove)) blocks.delete(write.remove)
        if (write.edit && blocks.has(write.edit)) {
          const content = blocks.get(write.edit).get('content')
          const at = Math.min(write.at, content.length)
          content.delete(at, Math.min(write.cut, content.length - at))
          content.insert(at, write.insert)
        }
      }
    })
  },
  relay: ({ name, update }) => clients.get(name).client.relay(bytes(update)),
  ack: ({ name, seq }) => clients.get(name).client.ack(seq),
  reject: ({ name, seq, fixed }) => clients.get(name).client.reject(seq, bytes(fixed)),
  resync: ({ name, update }) => {
    clients.get(name).sent.length = 0
    clients.get(name).client.resync(bytes(update))
  },
  // What providers do: everything the other side lacks as one update, either as the document has
  // it now or as it was sent before.
  merge: ({ name, raw }) => {
    const { client, sent } = clients.get(name)
    if (client.pending.size === 0) return
    const merged = raw
      ? Y.mergeUpdates([...client.pending.values()])
      : Y.encodeStateAsUpdate(client.local, client.stateVector())
    client.pending.clear()
    client.pending.set(++client.seq, merged)
    sent.length = 0
    client.send(client.seq, merged)
  },
  // A page that was loaded again: a new client id, and changes of the old one still to send.
  rename: ({ name, id }) => {
    const { client } = clients.get(name)
    client.clientID = id
    client.rebuild()
  },
  state: ({ name }) => {
    const { client } = clients.get(name)
    return {
      local: client.blocks.toJSON(),
      confirmed: client.confirmed.getMap('blocks').toJSON(),
      vector: text(client.stateVector()),
      pending: client.pending.size
    }
  },
  take: ({ name }) => ({ sent: clients.get(name).sent.splice(0) })
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  console.log(JSON.stringify(requests[request.do](request) ?? {}))
}
