/** explain: the system's errors of reading and writing, as a user needs them. */
import { NetspecError } from '../errors.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  EFBIG: 'the file grows too large',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
  ERR_INVALID_ARG_VALUE: 'the path is not valid',
  EIO: 'the disk reports an error',
  ESTALE: 'it was changed or replaced meanwhile',
  ETXTBSY: 'it is being executed',
};

/** Runs a file operation; its system error comes out as a NetspecError with the path. */
export async function explained<T>(verb: 'read' | 'write', file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explain(verb, file, error);
  }
}

/** A system error as a NetspecError with the path; any other as it is. */
export function explain(verb: 'read' | 'write', file: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof NetspecError || code === undefined) return error;
  return new NetspecError(`cannot ${verb}: ${reasons[code] ?? code}`, { file, cause: error });
}
