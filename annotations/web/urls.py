"""The addresses of all pages. Objects are named by their UUIDs, never by a number."""

from django.urls import path

from . import accounts, articles, home, importing, jobs, people, problems, reading, saved_filters, settings_pages, words

app_name = "annotations"

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", accounts.log_in, name="login"),
    path("logout/", accounts.log_out, name="logout"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.change_password, name="password"),
    path("account/tokens/", accounts.make_token, name="token_new"),
    path("account/tokens/<uuid:token>/revoke/", accounts.end_token, name="token_revoke"),
    path("words/<str:language>.js", words.words, name="words"),
    path("projects/new/", home.new_project, name="project_new"),
    path("p/<slug:slug>/", articles.article_list, name="articles"),
    path("p/<slug:slug>/bulk/", articles.bulk, name="bulk"),
    path("p/<slug:slug>/filters/", saved_filters.save, name="filters"),
    path("p/<slug:slug>/filters/<uuid:saved>/remove/", saved_filters.remove, name="filter_remove"),
    path("p/<slug:slug>/next/", reading.next_article, name="next_article"),
    path("p/<slug:slug>/articles/add/", articles.add, name="article_add"),
    path("p/<slug:slug>/articles/<uuid:article>/", reading.annotate, name="annotate"),
    path("p/<slug:slug>/articles/<uuid:article>/marks/", reading.marks, name="marks"),
    path("p/<slug:slug>/articles/<uuid:article>/details/", articles.details, name="details"),
    path("p/<slug:slug>/articles/<uuid:article>/merge/", articles.merge, name="merge"),
    path("p/<slug:slug>/annotations/<uuid:key>/history/", reading.annotation_history, name="annotation_history"),
    path("p/<slug:slug>/labels.css", reading.label_css, name="label_css"),
    path("p/<slug:slug>/import/", importing.import_files, name="import"),
    path("p/<slug:slug>/import/<uuid:upload>/", importing.look_at, name="import_preview"),
    path("p/<slug:slug>/export/", jobs.export, name="export"),
    path("p/<slug:slug>/jobs/", jobs.job_list, name="jobs"),
    path("p/<slug:slug>/jobs/<uuid:job>/", jobs.job_page, name="job"),
    path("p/<slug:slug>/jobs/<uuid:job>/act/", jobs.job_act, name="job_act"),
    path("p/<slug:slug>/jobs/<uuid:job>/problems/", problems.problem_list, name="job_problems"),
    path("p/<slug:slug>/jobs/<uuid:job>/problems.csv", problems.problems_csv, name="job_problems_csv"),
    path("p/<slug:slug>/jobs/<uuid:job>/result/", jobs.job_result, name="job_result"),
    path("p/<slug:slug>/guidelines/", settings_pages.guidelines, name="guidelines"),
    path("p/<slug:slug>/guidelines/edit/", settings_pages.edit_guidelines, name="guidelines_edit"),
    path("p/<slug:slug>/guidelines/<int:version>/", settings_pages.guidelines_version, name="guidelines_version"),
    path("p/<slug:slug>/labels/", settings_pages.labels, name="labels"),
    path("p/<slug:slug>/labels/edit/", settings_pages.edit_labels, name="labels_edit"),
    path("p/<slug:slug>/members/", people.members, name="members"),
    path("p/<slug:slug>/members/<uuid:uuid>/", people.change_member, name="member"),
    path("p/<slug:slug>/settings/", settings_pages.project_settings, name="settings"),
    path("p/<slug:slug>/archive/", settings_pages.archive, name="archive"),
    path("p/<slug:slug>/acts/", settings_pages.audit, name="audit"),
]
