"""Stepping in: what staff do against a record with a reason, and take back. All of it is logged."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from generator.moderation import BECAUSE, ReasonForm


class ModeratedAdmin(admin.ModelAdmin):
    """Pages of a record at which staff step in.

    A subclass names the two moves, `step` and `step_back`, and their words: (address, button, what
    the log says). It answers the five methods below, and `explanation` says who reads the reason.
    """

    change_form_template = "admin/moderation/record.html"
    step = step_back = ("", "", "")
    explanation = ""

    def obstacle(self, request, obj):
        """The sentence that says why staff may not step in here, or an empty one."""
        raise NotImplementedError

    def is_stopped(self, obj):
        """Whether staff have stepped in."""
        raise NotImplementedError

    def step_in(self, obj, reason):
        """Whether it was still to be done."""
        raise NotImplementedError

    def take_back(self, obj):
        """Whether there was anything to take back."""
        raise NotImplementedError

    def state_of(self, obj):
        """Title, sentence and reason, for the page of what is stopped."""
        raise NotImplementedError

    def get_urls(self):
        asking = require_http_methods(["GET", "HEAD", "POST"])(self.step_view)
        views = {self.step[0]: asking, self.step_back[0]: require_POST(self.step_back_view)}
        return [
            path(
                f"<path:object_id>/{word}/",
                self.admin_site.admin_view(view),
                name=self._url_name(word),
            )
            for word, view in views.items()
        ] + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        extra = extra_context or {}
        obj = self.get_object(request, unquote(object_id))
        if obj and self.is_stopped(obj):
            extra["state"] = self.state_of(obj)
        if obj and self.has_change_permission(request) and not self.obstacle(request, obj):
            if self.is_stopped(obj):
                extra["studio_moves"] = [(self._url(self.step_back[0], obj), self.step_back[1])]
            else:
                extra["studio_links"] = [(self._url(self.step[0], obj), self.step[1])]
        return super().change_view(request, object_id, form_url, extra)

    def step_view(self, request, object_id):
        """Ask for the reason, then step in."""
        obj = self._find(request, object_id)
        problem = self.obstacle(request, obj)
        if not problem and self.is_stopped(obj):
            problem = f"{self.step[2]} already."
        if problem:
            messages.error(request, problem)
            return redirect(self._url("change", obj))
        return self.step_in_at(request, [obj]) or redirect(self._url("change", obj))

    def step_back_view(self, request, object_id):
        obj = self._find(request, object_id)
        problem = self.obstacle(request, obj)
        if problem:
            messages.error(request, problem)
        elif self.take_back(obj):
            self.log_change(request, obj, f"{self.step_back[2]}.")
            messages.success(request, f"{self.step_back[2]}: “{obj}”.")
        else:
            messages.info(request, "There was nothing to take back.")
        return redirect(self._url("change", obj))

    def step_in_at(self, request, records, action=""):
        """The page that asks for the reason; None once it is given and all is done.

        `action` is the list's, whose form is sent to the list again.
        """
        sent = request.POST if "reason" in request.POST else None
        form = ReasonForm(sent, help_text=self.explanation)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            done = [record for record in records if self.step_in(record, reason)]
            for record in done:
                self.log_change(request, record, f"{self.step[2]}{BECAUSE}{reason}")
            if done:
                names = ", ".join(f"“{record}”" for record in done)
                messages.success(request, f"{self.step[2]}: {names}.")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": self.step[1],
            "opts": self.opts,
            "records": [(record, self._url("change", record)) for record in records],
            "form": form,
            "action": action,
            "checkbox": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/moderation/reason.html", context)

    def _find(self, request, object_id):
        if not self.has_change_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        return obj

    def _url_name(self, page):
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _url(self, page, obj):
        return reverse(f"admin:{self._url_name(page)}", args=[obj.pk])
