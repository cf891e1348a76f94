/** start: begins what takes longest before the page's own program, which is large, is compiled. */
import './session.js';

// What draws graphs would ask for it only when the first net is read.
void import('./elk.js');
void import('./main.js');
