/** What we use of node-snap7, which brings no types: the client here, the server in the plant and the tests. */

declare module 'node-snap7' {
  /** An error number of snap7; 0 or null is none. The low 16 bits are the socket's errno. */
  type Done = (error: number | null) => void

  export interface MultiVar {
    readonly Area: number
    readonly WordLen: number
    readonly DBNumber: number
    readonly Start: number
    readonly Amount: number
  }
  export interface MultiVarResult {
    readonly Result: number
    /** Null when `Result` is not 0. */
    readonly Data: Buffer | null
  }

  /** Always with `new`: called plainly it ends the process. */
  export class S7Client {
    readonly RemotePort: number
    readonly PingTimeout: number
    readonly SendTimeout: number
    readonly RecvTimeout: number
    readonly PDURequest: number
    readonly CONNTYPE_PG: number
    readonly CONNTYPE_OP: number
    readonly CONNTYPE_BASIC: number
    readonly S7AreaPE: number
    readonly S7AreaPA: number
    readonly S7AreaMK: number
    readonly S7AreaDB: number
    readonly S7AreaCT: number
    readonly S7AreaTM: number
    readonly S7WLBit: number
    readonly S7WLByte: number
    readonly S7WLCounter: number
    readonly S7WLTimer: number
    SetParam(parameter: number, value: number): boolean
    SetConnectionType(type: number): boolean
    ConnectTo(ip: string, rack: number, slot: number, done: Done): void
    Disconnect(): boolean
    ReadMultiVars(items: readonly MultiVar[], done: (error: number | null, results: MultiVarResult[] | null) => void): void
    WriteArea(area: number, db: number, start: number, amount: number, wordLength: number, bytes: Buffer, done: Done): void
    PDULength(): number
    ErrorText(error: number): string
  }

  export class S7Server {
    readonly LocalPort: number
    readonly PDURequest: number
    readonly MaxClients: number
    readonly srvAreaPE: number
    readonly srvAreaPA: number
    readonly srvAreaMK: number
    readonly srvAreaCT: number
    readonly srvAreaTM: number
    readonly srvAreaDB: number
    SetParam(parameter: number, value: number): boolean
    SetEventMask(mask: number): boolean
    SetCpuStatus(status: number): boolean
    RegisterArea(area: number, index: number, bytes: Buffer): boolean
    RegisterArea(area: number, bytes: Buffer): boolean
    UnregisterArea(area: number, index?: number): boolean
    SetArea(area: number, index: number, bytes: Buffer): boolean
    SetArea(area: number, bytes: Buffer): boolean
    GetArea(area: number, index?: number): Buffer
    LockArea(area: number, index?: number): boolean
    UnlockArea(area: number, index?: number): boolean
    StartTo(ip: string): boolean | number
    Start(): boolean | number
    Stop(): boolean | number
    LastError(): number
    ErrorText(error: number): string
    ClientsCount(): number | false
  }

  const snap7: { readonly S7Client: typeof S7Client; readonly S7Server: typeof S7Server }
  export default snap7
}
