/** warn: how an upgrade says what it had to leave out. */

/** Told what an upgrade had to leave out, one sentence each. */
export type Warn = (warning: string) => void;
