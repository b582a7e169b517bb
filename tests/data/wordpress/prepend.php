<?php
// The files of WordPress are links, and would take the folder they lead to for their own.
define('ABSPATH', getenv('WP_FOLDER') . '/');
