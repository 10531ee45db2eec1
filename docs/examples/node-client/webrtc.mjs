// A channel over WebRTC: one data channel that both sides know of beforehand.
//
// werift is all JavaScript, so that the example runs anywhere. It numbers its DTLS records such that
// one of the first counts as a repetition and is dropped; what it carried comes a second later.
import { createHash } from 'node:crypto'
import { RTCPeerConnection } from 'werift'
import { Framer } from './framing.mjs'
import { exchange } from './signaling.mjs'

const TIMEOUT = 12_000 // milliseconds for the channel to open
const GOODBYE = 2_000 // milliseconds for the other side to answer a goodbye

export async function openWebRTC (invite, { signaling = [], iceServers = [] } = {}) {
  const connection = new RTCPeerConnection({
    iceServers, // none unless one asks for it: the library's default is a public server
    // The library leaves out loopback, which is all there is between programs on one machine.
    iceAdditionalHostAddresses: invite.places.some(isLoopback) ? ['127.0.0.1'] : []
  })
  const data = connection.createDataChannel('chatter', { negotiated: true, id: 0 })
  try {
    await connection.setLocalDescription(await connection.createOffer())
    await gathered(connection) // the description goes out whole
    const offer = connection.localDescription.sdp
    const answer = await exchange(invite, offer, signaling)
    await connection.setRemoteDescription({ type: 'answer', sdp: withoutLocalNames(answer) })
    await opened(data)
    // The library has compared the certificate in use with the fingerprint in the answer.
    const binding = createHash('sha256').update(fingerprint(offer)).update(fingerprint(answer))
    return makeChannel(connection, data, binding.digest())
  } catch (error) {
    await connection.close()
    throw error
  }
}

function makeChannel (connection, data, binding) {
  let leaving // says why, once it is to end
  let over = false
  const end = reason => {
    if (over) return
    over = true
    channel.onclose(leaving ?? reason)
    setTimeout(() => connection.close(), 100) // an answer to a goodbye leaves first
  }
  const ongoodbye = reason => {
    if (leaving === undefined) framer.goodbye('')
    end(reason)
  }
  const framer = new Framer(frame => data.send(frame), bytes => channel.onmessage(bytes), ongoodbye)
  const channel = {
    binding,
    onmessage: () => {},
    onclose: () => {},
    send: message => leaving ?? framer.send(Buffer.from(message)),
    close: reason => {
      if (leaving !== undefined || over) return
      leaving = reason
      framer.goodbye(reason)
      setTimeout(end, GOODBYE) // whether it is answered or not
    }
  }
  data.onmessage = ({ data: frame }) => over || framer.receive(frame)
  data.onclose = () => end('the connection was lost')
  return channel
}

function gathered (connection) {
  return new Promise(resolve => {
    const check = () => connection.iceGatheringState === 'complete' && resolve()
    connection.iceGatheringStateChange.subscribe(check)
    check()
  })
}

function opened (data) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('WebRTC found no way to the host')), TIMEOUT)
    const check = () => {
      if (data.readyState !== 'open') return
      clearTimeout(timer)
      resolve()
    }
    data.onopen = check
    check()
  })
}

function isLoopback (place) {
  return /^(127\.|localhost:)/.test(place)
}

// `.local` names hide addresses; asking for them by multicast only costs time.
function withoutLocalNames (sdp) {
  return sdp.split('\r\n').filter(line => !/^a=candidate:.*\.local /.test(line)).join('\r\n')
}

function fingerprint (sdp) {
  return Buffer.from(/^a=fingerprint:sha-256 ([\w:]+)/mi.exec(sdp)[1].replaceAll(':', ''), 'hex')
}
