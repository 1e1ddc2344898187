// Gives the bundled page the globals that a CDN's files set by themselves.

import "graphiql/graphiql.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import * as React from "react";
import * as ReactDOM from "react-dom/client";

globalThis.React = React;
globalThis.ReactDOM = ReactDOM;
globalThis.GraphiQL = Object.assign(GraphiQL, { createFetcher: createGraphiQLFetcher });
