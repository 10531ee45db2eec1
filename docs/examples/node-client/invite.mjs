// An invite: where the host is, which session it is, and the secret that both sides prove to know.
//
//     chatter://192.0.2.7:4117,[fd00::2]:4117/01JZ3V0Q8Y6T5R4E3W2Q1A0S9D#x-NhDuWx.ETHLcmW_16LtkKeH21NtUQ
const INVITE = /^chatter:\/\/([^/]+)\/([0-9A-HJKMNP-TV-Z]{26})#([\w-]{8})\.([\w-]{22})$/

export function parseInvite (line) {
  const [, places, session, token, secret] = INVITE.exec(line.trim()) ?? []
  if (!places) throw new Error('this is no invite: copy the whole line')
  return { places: places.split(','), session, token, secret: Buffer.from(secret, 'base64url') }
}
