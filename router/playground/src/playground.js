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

  // The plan of the last answer, and who wants to know when there is another one.
  let plan = null;
  const planWatchers = new Set();
  const showPlan = (next) => {
    plan = next;
    planWatchers.forEach((watcher) => watcher());
  };

  // Asks for the plan with every operation, and takes it out of the answer: it has a place of its own.
  async function fetchWithPlan(url, request) {
    if (JSON.parse(request.body).operationName === "IntrospectionQuery") {
      return fetch(url, request);
    }
    showPlan(null);
    const asking = { ...request.headers, "Apollo-Expose-Query-Plan": "true" };
    const response = await fetch(url, { ...request, headers: asking });
    const answer = await response.clone().json().catch(() => null);
    const { queryPlan, ...extensions } = answer?.extensions ?? {};
    if (!queryPlan) {
      return response;
    }
    showPlan(queryPlan);
    // GraphiQL parses what it gets in the same way, so nothing more is lost by parsing it here.
    const { extensions: _, ...rest } = answer;
    const shown = Object.keys(extensions).length > 0 ? { ...rest, extensions } : rest;
    return new Response(JSON.stringify(shown), { status: response.status, headers: response.headers });
  }

  // Below the answer: what the plan costs, and when opened the plan itself.
  function PlanPanel() {
    const shown = React.useSyncExternalStore(
      (watcher) => {
        planWatchers.add(watcher);
        return () => planWatchers.delete(watcher);
      },
      () => plan,
    );
    if (!shown) {
      return null;
    }
    const { rounds, requests } = shown.explanation.object.cost;
    const count = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;
    return React.createElement(
      "details",
      { className: "query-plan" },
      React.createElement("summary", null, `Query plan: ${count(rounds, "round")}, ${count(requests, "request")}`),
      React.createElement("pre", null, `${shown.text}\n${shown.explanation.text}`),
    );
  }

  ReactDOM.createRoot(place).render(
    React.createElement(
      GraphiQL,
      {
        fetcher: GraphiQL.createFetcher({
          url: endpoint.href,
          fetch: settings.showsPlans ? fetchWithPlan : undefined,
        }),
        defaultQuery: settings.defaultQuery,
        defaultHeaders: text === "{}" ? undefined : text,
        // The headers are where the token goes: show them at once, and never keep them on disk.
        defaultEditorToolsVisibility: "headers",
        isHeadersEditorEnabled: true,
        shouldPersistHeaders: false,
        showPersistHeadersSettings: false,
      },
      settings.showsPlans && React.createElement(GraphiQL.Footer, null, React.createElement(PlanPanel)),
    ),
  );
})();
