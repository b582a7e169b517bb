<?php
// Installs the site and says what its accounts' application passwords are, as one JSON object.
$_SERVER['HTTP_HOST'] = parse_url(getenv('WP_URL'), PHP_URL_HOST) . ':' . parse_url(getenv('WP_URL'), PHP_URL_PORT);
$_SERVER['REQUEST_URI'] = '/';
define('WP_INSTALLING', true);
require ABSPATH . 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
function wp_mail() { return true; }
wp_install('科技网', 'admin', 'admin@example.org', true, '', 'sandbox-admin-password');
update_option('permalink_structure', getenv('WP_PERMALINKS'));
update_option('timezone_string', 'Asia/Shanghai');
update_option('stylesheet', 'plain');
update_option('template', 'plain');
$passwords = [];
foreach (['editor' => 'editor', 'author' => 'author', 'contributor' => 'contributor'] as $login => $role) {
    $id = wp_insert_user(['user_login' => $login, 'user_pass' => "sandbox-$login-password", 'role' => $role]);
    [$passwords[$login]] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'publisher']);
}
wp_insert_term('工作动态', 'category', ['slug' => 'gongzuo-dongtai']);
foreach (get_posts(['post_type' => ['post', 'page'], 'post_status' => 'any', 'numberposts' => -1]) as $post) {
    wp_delete_post($post->ID, true);
}
$GLOBALS['wp_rewrite']->init();
flush_rewrite_rules(false);
echo json_encode($passwords);
