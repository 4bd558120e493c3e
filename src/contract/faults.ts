/** What the world can do to us, by code: what happened, and what to do next. A fault is answered or journalled. */

import type { Fields } from '../base/log.js'

/** Every code, with its sentence and its remedy in plain words. */
export const faults = {
  PLC_UNREACHABLE: ['the PLC does not answer at its address', 'Check power, cable and the address; then the firewall between.'],
  PLC_REFUSED: ['the PLC refused the connection', 'Check the port, for S7 also rack and slot and that PUT/GET is allowed; the PLC may have no free connection.'],
  PLC_TIMEOUT: ['the PLC did not answer in time', 'Check its load and the network; raise `timeout` only if it is always slow.'],
  PLC_LINK_LOST: ['the connection to the PLC broke', 'It is being opened again; look for cable, switch or a PLC restart.'],
  PLC_PROTOCOL: ['the PLC sent what the protocol does not allow', 'Check that the address is a PLC of this family; keep a trace and tell us.'],
  PLC_SHORT_REPLY: ['a reply was shorter or longer than what was asked', 'The block may have been downloaded anew; check its length.'],
  PLC_STALE_REPLY: ['a reply answered an older question', 'The connection was dropped and opened again; look for delays on the network.'],
  PLC_PDU_TOO_SMALL: ['the negotiated PDU cannot carry a tag', 'Split the tag, or ask the PLC for a larger PDU.'],
  PLC_BUDGET: ['the request budget of the PLC is used up', 'Raise `budget`, slow the scan class, or read fewer tags.'],
  PLC_UNTRUSTED: ['the PLC showed a certificate that is not trusted', 'Compare its thumbprint with the one that the PLC itself shows, then name it under `trust`.'],
  PLC_DISTRUSTS: ['the PLC does not trust our certificate', 'Let the PLC trust our certificate: `own.der` in the directory `certificates`, by default `opcua` in the data directory.'],
  PLC_SECURITY: ['the PLC does not offer this security', 'Set `security` and `policy` to what it offers, or switch it on in the PLC.'],
  PLC_LOGIN: ['the PLC refused the user', 'Check `user` and the password in `password_file`; without both the PLC must allow anonymous users.'],
  TAG_NOT_FOUND: ['the PLC has no such tag', 'Check the address; after a download the tag may have another name or number.'],
  TAG_OUT_OF_RANGE: ['the address is beyond the end of its block', 'Check offset and block length in the PLC program.'],
  TAG_TYPE_MISFIT: ['the PLC holds another type than configured', 'Correct the type of the tag.'],
  TAG_PROTECTED: ['the PLC does not let this be read', 'For S7: switch "optimized block access" off, or take the protection off the block.'],
  TAG_DOUBTFUL: ['the PLC itself says that the value is not to be relied on', 'Look at the device behind the tag; the detail has the status that the PLC gives.'],
  TAG_QUARANTINED: ['the tag failed by itself and is asked rarely', 'Repair or remove the tag; the others go on.'],
  DRIVER_CRASHED: ['the driver process ended', 'It is started again; if it repeats, keep the log and tell us.'],
  DRIVER_HUNG: ['the driver process stopped answering and was ended', 'It is started again; if it repeats, keep the log and tell us.'],
  DRIVER_MISSING: ['the driver cannot be loaded', 'Install its optional package, or take the PLC out of the configuration.'],
  TRACE_UNUSABLE: ['the trace cannot be played or written', 'Check the file: it is one that `lineside trace record` wrote, to the end.'],
  CONFIG_INVALID: ['the configuration has errors', 'Run `lineside config check` and mend what it lists.'],
  JOURNAL_UNWRITABLE: ['the journal cannot be written', 'Check free space and the file system; production counting goes on in the PLC.'],
  JOURNAL_CORRUPT: ['the journal is damaged', 'It was set aside; restore a backup or go on with the salvaged part.'],
  JOURNAL_MISSING: ['there is no journal', 'Check the path; the gateway makes its journal at its first start.'],
  JOURNAL_FOREIGN: ['the file in the place of the journal is not one', 'Nothing was touched; move the file away, or choose another `storage.directory`.'],
  JOURNAL_NEWER: ['the journal was written by a newer lineside', 'Install that version or a newer one.'],
  JOURNAL_OLDER: ['the journal was written by an older lineside, and is not brought up to this one yet', 'Start the gateway again, which does that, or run `lineside db migrate` while it does not run; with `--plan` that only says what there is to do.'],
  JOURNAL_LOCKED: ['another lineside has this journal open', 'Stop the other one; two must never share a data directory.'],
  JOURNAL_ROLLED_BACK: ['an older copy of the data directory was put back: the MES has later numbers of this epoch', 'Start again: a new epoch begins above them, and nothing that happens from now on is taken for what was.'],
  JOURNAL_TRIMMED: ['what was asked for is no longer kept', 'Ask for a later range, or raise retention.'],
  BACKUP_UNUSABLE: ['the copy of the journal cannot be made or used', 'Nothing was changed; take another file, or make room.'],
  READ_DEADLINE: ['the question took too long to answer', 'Ask for a shorter period.'],
  PORT_IN_USE: ['the port is in use', 'Stop the other program, or choose another `server.port`.'],
  PLANT_PORT_IN_USE: ['a port of the virtual plant is in use', 'Another demo or `lineside plant` may be running: stop it, or give this one other ports (`port` of the PLCs in the configuration; `--port`, `--logix` and `--control` of `lineside plant`).'],
  PLANT_FAILED: ['the virtual plant did not start', 'Run `lineside plant` by itself, which says more.'],
  ADDRESS_UNUSABLE: ['the address cannot be listened on', 'Check `server.host`: it must be an address of this machine, and ports below 1024 need a right.'],
  CERTIFICATE_UNUSABLE: ['the certificate or its key cannot be used', 'Check `server.tls`: two readable PEM files that belong together.'],
  SERVER_ADAPTER_MISSING: ['the chosen server adapter cannot be loaded', 'Use Node 20 on glibc for `uws`, or choose `adapter: node`.'],
  TOKENS_UNREADABLE: ['the file of tokens makes no sense', 'Restore it from a backup, or move it away and make new tokens.'],
  ACCESS_FULL: ['no more tokens or people can be kept', 'End those that nobody needs: `lineside token list`, `lineside token revoke`, `lineside person remove`.'],
  AUDIT_FULL: ['too many changes of who may come in wait to be journalled, so there is no further one', 'Start the gateway: it journals them within a second.'],
  TOKENS_LOCKED: ['another process is changing the tokens', 'Try again; a lock left by a dead process is ignored after ten seconds.'],
  NOTIFICATION_FAILED: ['a message could not be handed over', 'Check the address, the password and the network of the channel; it is tried again for a while.'],
  NOTIFICATION_REFUSED: ['the receiver does not want the message', 'Check the address and the key of the channel; it is not tried again.'],
  STANDBY_FENCED: ['the other box is not heard and may have taken over, so nothing is written', 'Repair the link between the boxes; if the other one is off: `lineside standby release`.'],
  STANDBY_UNREACHABLE: ['the other box does not answer', 'Check its power, the link between the boxes, and `standby.peer`.'],
  STANDBY_TOKEN: ['the other box does not take the token', 'Put a token of the other box, of the role `admin`, into `standby.token_file`: `lineside token create` makes one there. It is read again with every question.'],
  STANDBY_REFUSED: ['the other box refused', 'It is there and says why; mend that, and it is asked again.'],
  STANDBY_STRANGER: ['what answers in the place of the other box is no lineside', 'Check `standby.peer`, and what stands between the boxes.'],
  BOX_VERSIONS: ['the two boxes run versions of lineside that do not understand each other', 'Upgrade the one that stands by first, then the one that works.'],
  UPSTREAM_UNREACHABLE: ['the broker does not answer', 'Check its address and the network; records are kept.'],
  UPSTREAM_FILE: ['a certificate, key or password file of the upstream cannot be read', 'Check the path and the rights of the file; it is read again at the next attempt.'],
  UPSTREAM_LOST: ['the connection to the broker ended', 'It is opened again; look for the network, a broker restart, or a second client of the same id.'],
  UPSTREAM_REFUSED: ['the broker refused us', 'Check user, certificate and ACL; records are kept.'],
} as const satisfies Record<string, readonly [sentence: string, remedy: string]>

export type FaultCode = keyof typeof faults
export const isFaultCode = (text: string): text is FaultCode => Object.hasOwn(faults, text)

export class Fault extends Error {
  override readonly name = 'Fault'

  readonly code: FaultCode
  readonly fields: Fields

  constructor(code: FaultCode, fields: Fields = {}, cause?: unknown) {
    super(`${code}: ${faults[code][0]}`, cause === undefined ? {} : { cause })
    this.code = code
    this.fields = fields
  }

  get remedy(): string { return faults[this.code][1] }
}

/** The fault that `thrown` is, or one of the given code that carries it as its cause. */
export function faultOf(thrown: unknown, code: FaultCode, fields: Fields = {}): Fault {
  return thrown instanceof Fault ? thrown : new Fault(code, fields, thrown)
}
