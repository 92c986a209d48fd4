"use strict"; // theme
