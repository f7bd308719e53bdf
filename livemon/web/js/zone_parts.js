// What the editors of zones and of their rules share.

/** Return a new element, appended to `parent` when there is one. */
export function element(tag, className, parent) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent?.append(made);
  return made;
}
