/**
 * Guesses what a file is that was given as a caffemodel and is none, for the hint of the error.
 */

/** One line saying what the bytes look like and what to do, or undefined when they look like nothing known. */
export function foreignFormat(start: Uint8Array): string | undefined {
  const head = String.fromCharCode(...start.subarray(0, 4096));
  if (start.length === 0) return 'the file is empty';
  if (head.startsWith('\x89HDF'))
    return 'this is an HDF5 file (.caffemodel.h5); save it from Caffe as a binary .caffemodel';
  if (head.startsWith('version https://git-lfs'))
    return 'this is a Git LFS pointer; fetch the file itself with git lfs pull';
  if (/^\s*<(!doctype|html|\?xml)/i.test(head)) return 'this is a web page; the download went wrong';
  if (head.startsWith('PK\x03\x04'))
    return 'this is a zip archive, such as .npz or .pth; unpack it or pack its weights';
  if (head.startsWith('\x1f\x8b')) return 'this is gzip-compressed; unpack it first';
  if (head.startsWith('\x80\x02') || head.startsWith('\x80\x04')) return 'this is a Python pickle, such as .pth';
  if (head.startsWith('\x93NUMPY')) return 'this is a NumPy array (.npy)';
  if (/^[\t\n\r\x20-\x7e]*$/.test(head) && /(^|[\s{}])(name|layers?|input(_dim)?|type)\s*[:{]/.test(head))
    return 'this is text: a prototxt, where a binary file is expected';
  return undefined;
}
