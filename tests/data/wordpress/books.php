<?php
// Every post and file, whatever its state, with what readers see of it.
require ABSPATH . 'wp-load.php';
$books = [];
foreach ($wpdb->get_results("SELECT ID FROM {$wpdb->posts} WHERE post_type IN ('post', 'attachment') ORDER BY ID") as $row) {
    $post = get_post($row->ID);
    $books[] = [
        'id' => $post->ID, 'type' => $post->post_type, 'status' => $post->post_status, 'slug' => $post->post_name,
        'title' => $post->post_title, 'content' => $post->post_content, 'excerpt' => $post->post_excerpt,
        'date' => $post->post_date_gmt, 'alt' => (string) get_post_meta($post->ID, '_wp_attachment_image_alt', true),
        'featured' => (int) get_post_thumbnail_id($post->ID), 'url' => (string) wp_get_attachment_url($post->ID),
        'categories' => array_map(fn ($term) => $term->slug, get_the_category($post->ID)),
    ];
}
echo json_encode($books);
