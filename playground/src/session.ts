/** session: what `netspec view` shows at first, asked for before the page's own program is compiled. */

interface Session {
  readonly net?: string;
  readonly weights?: string;
}

/** The net's text and the weights' file, if there are any, and their names. */
export interface Opened {
  readonly net: { readonly name: string; readonly text: string };
  readonly weights?: { readonly name: string; readonly bytes: () => Promise<Blob> };
}

async function open(): Promise<Opened | undefined> {
  const { net, weights } = (await (await fetch('session.json')).json()) as Session;
  if (net === undefined) return undefined;
  return {
    net: { name: net, text: await (await fetch(net)).text() },
    weights: weights === undefined ? undefined : { name: weights, bytes: async () => (await fetch(weights)).blob() },
  };
}

export const session = open();
