/** elements: elements of the page with classes and text. */

/** An element with a class. */
export function element<K extends keyof HTMLElementTagNameMap>(name: K, className = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

/** An element with text. */
export function withText<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text: string,
  className = '',
): HTMLElementTagNameMap[K] {
  const made = element(name, className);
  made.textContent = text;
  return made;
}
