"use strict"; // find
