// What a component of the pages needs to run in a notebook: a Panel model made of an anywidget's, and addresses of the
// kernel's server. The components know nothing of Jupyter.

// The kernel serves on a port of its own machine. Inside Jupyter it is reached through jupyter-server-proxy: same origin,
// behind Jupyter's login, and no CORS that would open the stream to any page.
export function served(port, path) {
  if (!path) return "";
  const config = document.getElementById("jupyter-config-data");
  if (!config) return `http://127.0.0.1:${port}/${path}`;
  const { baseUrl } = JSON.parse(config.textContent);
  return new URL(`${baseUrl}proxy/${port}/${path}`, location.origin).href;
}

/**
 * Return an anywidget module that shows a Panel component.
 *
 * @param {(parts: {model: object}) => HTMLElement} render the component's
 * @param {Object<string, (value: any, port: number) => any>} change what is to be changed in a value before it is shown
 */
export function widgetOf(render, change = {}) {
  return {
    render({ model, el }) {
      const gone = [];
      const proxy = new Proxy(
        {},
        {
          get(_target, name) {
            if (name !== "on") return change[name] ? change[name](model.get(name), model.get("port")) : model.get(name);
            return (names, told) => {
              for (const one of [].concat(names)) {
                if (one === "remove") gone.push(told);
                else model.on(`change:${one}`, told);
              }
            };
          },
          set(_target, name, value) {
            model.set(name, value);
            model.save_changes();
            return true;
          },
        },
      );
      el.append(render({ model: proxy }));
      return () => gone.forEach((told) => told());
    },
  };
}
