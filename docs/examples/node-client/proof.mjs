// How a side shows that it knows the secret, on this very channel, without sending it.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export function proof (secret, side, session, peerId, binding) {
  const hmac = createHmac('sha256', secret)
  for (const part of ['chatter-tui 1', side, session, peerId, binding]) {
    const bytes = Buffer.from(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hmac.update(length).update(bytes)
  }
  return hmac.digest()
}

export function same (one, other) {
  return one.length === other.length && timingSafeEqual(one, other)
}

// 48 bits of time and 80 of chance, in Crockford's base 32.
export function ulid () {
  let number = BigInt(Date.now()) << 80n | BigInt(`0x${randomBytes(10).toString('hex')}`)
  let text = ''
  for (; text.length < 26; number >>= 5n) text = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[number & 31n] + text
  return text
}
