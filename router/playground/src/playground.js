// Starts GraphiQL with the settings that the router wrote into the page.
//
// A classic script on three globals (React, ReactDOM, GraphiQL), so that the same lines serve
// both pages: the bundled one, where libraries.js sets the globals, and the one on a CDN, where
// the libraries' own files do.

(() => {
  const place = document.getElementById("playground");

  if (!globalThis.React || !globalThis.ReactDOM || !globalThis.GraphiQL) {
    place.firstElementChild.textContent =
      "The playground's assets could not be loaded. Without internet, bundle them: " +
      "npm ci && npm run build in router/playground, then build the router again.";
    return;
  }

  const settings = JSON.parse(document.getElementById("playground-settings").textContent);
  const endpoint = new URL(settings.endpoint ?? "/graphql", window.location.href);
  const headers = settings.defaultHeaders ?? {};
  const text = typeof headers === "string" ? headers : JSON.stringify(headers, null, 2);

  ReactDOM.createRoot(place).render(
    React.createElement(GraphiQL, {
      fetcher: GraphiQL.createFetcher({ url: endpoint.href }),
      defaultQuery: settings.defaultQuery,
      defaultHeaders: text === "{}" ? undefined : text,
      // The headers are where the token goes: show them at once, and never keep them on disk.
      defaultEditorToolsVisibility: "headers",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
    }),
  );
})();
