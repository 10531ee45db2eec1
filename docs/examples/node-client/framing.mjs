// Messages as frames on a data channel, with flow control. A frame is a sequence of records, each a
// 16-bit header (kind in the upper two bits, length in the lower fourteen) and a body.
const [END, PIECE, CREDIT, GOODBYE] = [0, 1, 2, 3]
const HEADER = 2
const LARGEST = 16 * 1024 - HEADER // body of a record that fills a frame
const WINDOW = 64 * 1024 // uncredited bytes that may be on their way
const CREDIT_STEP = WINDOW / 4

export class Framer {
  // `write(frame)` sends a frame; `onmessage(bytes)` and `ongoodbye(reason)` hear the other side.
  constructor (write, onmessage, ongoodbye) {
    Object.assign(this, { write, onmessage, ongoodbye })
    this.queue = [] // [kind, body] of what has not been sent
    this.uncredited = 0 // bytes sent that the other side has not consumed
    this.owed = 0 // bytes consumed that the other side does not know of
    this.pieces = [] // of the message that is arriving
  }

  send (message) {
    for (let start = 0; start === 0 || start < message.length; start += LARGEST) {
      const last = start + LARGEST >= message.length
      this.queue.push([last ? END : PIECE, message.subarray(start, start + LARGEST)])
    }
    this.flush()
  }

  goodbye (reason) {
    this.write(record(GOODBYE, Buffer.from(reason)))
  }

  receive (frame) {
    for (let at = 0; at < frame.length;) {
      const header = frame.readUInt16BE(at)
      const body = frame.subarray(at + HEADER, at + HEADER + (header & 0x3fff))
      at += HEADER + body.length
      this.take(header >> 14, body)
    }
    this.flush()
  }

  take (kind, body) {
    if (kind === CREDIT) this.uncredited -= body.readUInt32BE()
    else if (kind === GOODBYE) this.ongoodbye(body.toString())
    else {
      // A piece counts as consumed at once: the whole message may be larger than the window.
      this.owed += HEADER + body.length
      this.pieces.push(body)
      if (kind === END) this.onmessage(Buffer.concat(this.pieces.splice(0)))
    }
  }

  flush () {
    if (this.owed >= CREDIT_STEP) {
      const count = Buffer.alloc(4)
      count.writeUInt32BE(this.owed)
      this.owed = 0
      this.write(record(CREDIT, count))
    }
    while (this.queue.length && this.uncredited + HEADER + this.queue[0][1].length <= WINDOW) {
      const frame = record(...this.queue.shift())
      this.uncredited += frame.length
      this.write(frame)
    }
  }
}

function record (kind, body) {
  const header = Buffer.alloc(HEADER)
  header.writeUInt16BE(kind << 14 | body.length)
  return Buffer.concat([header, body])
}
