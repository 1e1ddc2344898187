// What the bundled page loads: the libraries first, for playground.js finds them as globals.

import "./libraries.js";
import "./playground.css";
import "./playground.js";
