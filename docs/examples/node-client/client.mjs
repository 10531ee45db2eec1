// A client for the command line: commands as lines of JSON in, events as lines of JSON out, much as
// `chatter-tui join --headless` has them.
//
//     CHATTER_INVITE=chatter://... node client.mjs NAME [webrtc|websocket]
//     {"do": "add", "block": {"content": "Hello.", "anchor": {"type": "text", "exact": "weekly"}}}
//     {"do": "blocks"}
//     {"do": "quit"}
import * as readline from 'node:readline'
import { parseInvite } from './invite.mjs'
import { Session } from './session.mjs'
import { openWebRTC } from './webrtc.mjs'
import { openWebSocket } from './websocket.mjs'

const [name, transport = 'webrtc'] = process.argv.slice(2)
const invite = parseInvite(process.env.CHATTER_INVITE ?? '') // others can read a command line
const open = transport === 'websocket' ? openWebSocket : openWebRTC
const tell = (event, fields) => console.log(JSON.stringify({ event, ...fields }))
const session = new Session(invite, name, tell)

const commands = {
  add: ({ block, ref }) => tell('added', { ref, id: session.add(block) }),
  blocks: ({ ref }) => tell('blocks', { ref, blocks: session.blocks }),
  status: ({ ref }) => tell('status', { ref, name: session.name, pending: session.pending }),
  drop: () => session.channel.close('dropped'), // and come back, to try that out
  quit: () => {
    session.over = true
    session.channel.close('bye')
  }
}

readline.createInterface({ input: process.stdin }).on('line', text => {
  const command = JSON.parse(text)
  commands[command.do](command)
})

for (let failures = 0; !session.over;) {
  try {
    const channel = await open(invite)
    failures = 0
    tell('connected', { transport })
    tell('disconnected', { reason: await session.run(channel) })
  } catch (error) {
    failures++
    tell('unreachable', { reason: error.errors?.map(String).join('; ') ?? String(error) })
  }
  // For ever, with growing pauses and jitter: the host may be away for a while.
  const pause = Math.min(15_000, 500 * 2 ** failures) * (0.7 + 0.6 * Math.random())
  if (!session.over) await new Promise(resolve => setTimeout(resolve, pause))
}
process.exit()
