/** Whether a text tells a PIN: as a word of its own, because any four digits stand in some long id or checksum once in a while. */
export const tells = (text: string, pin: string): boolean => new RegExp(`(?<![\\w+/=.-])${pin}(?![\\w+/=.-])`).test(text)
