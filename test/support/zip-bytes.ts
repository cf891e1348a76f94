/** Zip archives written by hand, for tests of what no zip program writes. */

export interface ZipPart {
  name: string;
  /** What the archive holds: compressed already, when the method says so. */
  data: Uint8Array;
  /** 0 stored, 8 deflated. */
  method?: number;
  flags?: number;
  crc32?: number;
  /** The length that it announces. */
  size?: number;
  /** Where its header is said to be. */
  at?: number;
}

export function zipOf(...parts: ZipPart[]): Uint8Array {
  const bytes: number[] = [];
  const directory: number[] = [];
  const short = (value: number) => [value & 255, (value >> 8) & 255];
  const long = (value: number) => [...short(value % 65_536), ...short(Math.floor(value / 65_536))];
  for (const { name, data, method = 0, flags = 0, crc32 = 0, size = data.length, at = bytes.length } of parts) {
    const common = [...short(20), ...short(flags), ...short(method), ...long(0), ...long(crc32)];
    const sizes = [...long(data.length), ...long(size), ...short(name.length), ...short(0)];
    const text = [...Buffer.from(name)];
    bytes.push(...long(0x04034b50), ...common, ...sizes, ...text, ...data);
    directory.push(...long(0x02014b50), ...short(20), ...common, ...sizes);
    directory.push(...short(0), ...short(0), ...short(0), ...long(0), ...long(at), ...text);
  }
  const counts = [...short(parts.length), ...short(parts.length)];
  const end = [
    ...long(0x06054b50),
    ...long(0),
    ...counts,
    ...long(directory.length),
    ...long(bytes.length),
    ...short(0),
  ];
  return Uint8Array.from([...bytes, ...directory, ...end]);
}
